import Vault

/// The vault keys of this run, the same for all servers in this process.
public enum TestVault {
  public static let keys: String = (try? VaultKeys.make(id: "test")) ?? ""
}
