import Crypto
import Testing

/// A signature by a published key, in Base64url.
struct SignatureVector: Sendable, CustomTestStringConvertible {
  let source: String
  /// n and e, or x and y.
  let numbers: [String]
  let message: String
  let signature: String

  var testDescription: String { source }

  func bytes(_ text: String) throws -> [UInt8] { try #require(decodeBase64URL(text)) }

  func rsaKey() throws -> RSAPublicKey {
    try RSAPublicKey(modulus: bytes(numbers[0]), exponent: bytes(numbers[1]))
  }

  func p256Key() throws -> P256PublicKey { try P256PublicKey(x: bytes(numbers[0]), y: bytes(numbers[1])) }

  private static let payloadOfRFC7515 =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  static let rsa = [
    SignatureVector(
      source: "RFC 7515, appendix A.2",
      numbers: [
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-"
          + "pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2"
          + "CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW"
          + "9gb54h4FRWyuXpoQ",
        "AQAB",
      ], message: "eyJhbGciOiJSUzI1NiJ9." + payloadOfRFC7515,
      signature:
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUA"
        + "r7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO-"
        + "-xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"
        + "IoypGlUPQGe77Rw"),
    SignatureVector(
      source: "RFC 7520, section 4.1",
      numbers: [
        "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqV"
          + "wGU_NsYOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJ"
          + "lsde3uhGqC0ZCuEHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5ia"
          + "iQkqgc5gHdrNP5zw",
        "AQAB",
      ],
      message: "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
        + "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwg"
        + "YW5kIGlmIHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9m"
        + "ZiB0by4",
      signature:
        "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDko"
        + "BwA78185hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpER"
        + "V0ePPQdLuW3IS_de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree"
        + "7vjbU5y18kDquDg"),
  ]

  private static let pointOfThisTest = [
    "Q8EI-b-q9O6Nrb-TkEfiBiWmf070VMdmJW0klNJRacE", "xYuzWP0AEEP6NcOyXSqOZANXqGj3MkeztsXNb-lTiDQ",
  ]

  static let p256 = [
    SignatureVector(
      source: "RFC 7515, appendix A.3",
      numbers: ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"],
      message: "eyJhbGciOiJFUzI1NiJ9." + payloadOfRFC7515,
      signature: "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
    SignatureVector(
      source: "two zero bytes before r", numbers: pointOfThisTest, message: "message 39983",
      signature: "AADpZMMpMMLWIk2JILyVfOXZW8F7m9l55h4WIWUeqp3p9aGnnWvvDt6YN6RoUfLI9L99QNr9gddNWBA3TZaMhQ"),
    SignatureVector(
      source: "two zero bytes before s", numbers: pointOfThisTest, message: "message 109902",
      signature: "P04OOFf6mP3OKaa-UboBKaTvgNAGuxWRuuHFcQ8arLcAAHjSLesMBXrAc632bXOp142KStK3fjW1rWzRuEXxWA"),
    SignatureVector(
      source: "a zero byte before each", numbers: pointOfThisTest, message: "message 30658",
      signature: "AA2C7T8pXSVct17Nr7RcG5GW_yD-CmWet5YOrWw8nJAAn0eVXaMYAIH_D3hidOA3zoOqRD9q1BUa9F6OOT_c0A"),
  ]
}
