extension PeriodTests {
  /// Calendars are checked against what each country's clocks really did.
  static let examples = [
    Example(
      "30 days, by the clock on no wall", "days", lastEnd: "2026-03-01 12:00Z", zone: "Europe/Berlin",
      from: "2026-03-01 12:00Z", ends: ["2026-03-31 12:00", "2026-04-30 12:00", "2026-05-30 12:00"]),
    Example(
      "30 days, five periods late", "days", lastEnd: "2026-01-01Z", from: "2026-05-31 23:59Z",
      ends: ["2026-06-30 00:00", "2026-07-30 00:00"]),
    Example("30 days, the first period", "days", from: "2026-01-10 08:15Z", ends: ["2026-02-09 08:15"]),
    Example(
      "30 days with an end that somebody set far ahead", "days", lastEnd: "2027-01-01Z", from: "2026-01-10Z",
      ends: ["2027-01-01 00:00", "2027-01-31 00:00"]),
    Example(
      "a week", "days", days: 7, lastEnd: "2026-12-28Z", from: "2026-12-28Z", ends: ["2027-01-04 00:00"]),
    Example("3660 days", "days", days: 3660, from: "2026-01-01Z", ends: ["2036-01-09 00:00"]),
    Example("never", "never", lastEnd: "2020-01-01Z", anchor: "2020-01-01Z", from: "2026-01-10Z", ends: ["never"]),
    Example(
      "months of the calendar", "month", zone: "Europe/Berlin", from: "2026-02-10Z",
      ends: ["2026-02-28 23:00", "2026-03-31 22:00", "2026-04-30 22:00"]),
    Example(
      "months from 31st January, in a year with a leap day", "month", anchor: "2028-01-31 09:30Z",
      from: "2028-01-31 09:30Z", ends: ["2028-02-29 09:30", "2028-03-31 09:30", "2028-04-30 09:30", "2028-05-31 09:30"]),
    Example(
      "months from 31st January, in a year without", "month", anchor: "2027-01-31 09:30Z", from: "2027-02-01Z",
      ends: ["2027-02-28 09:30", "2027-03-31 09:30"]),
    Example(
      "months from 29th February", "month", anchor: "2028-02-29Z", from: "2029-01-30Z",
      ends: ["2029-02-28 00:00", "2029-03-29 00:00"]),
    Example(
      "months from an anchor's local time, in winter and in summer", "month", anchor: "2026-01-31 09:30Z",
      zone: "Europe/Berlin", from: "2026-02-10Z", ends: ["2026-02-28 09:30", "2026-03-31 08:30"]),
    Example(
      "months from an anchor that is still ahead", "month", anchor: "2026-12-31Z", from: "2026-02-10Z",
      ends: ["2026-02-28 00:00", "2026-03-31 00:00"]),
    Example(
      "months at a time that one of them does not have", "month", anchor: "2026-01-28 01:30Z", zone: "Europe/Berlin",
      from: "2027-03-01Z", ends: ["2027-03-28 01:30", "2027-04-28 00:30"]),
    Example(
      "quarters of the calendar", "quarter", zone: "Europe/Berlin", from: "2026-11-10Z",
      ends: ["2026-12-31 23:00", "2027-03-31 22:00", "2027-06-30 22:00"]),
    Example(
      "quarters from 30th November", "quarter", anchor: "2026-11-30Z", from: "2026-11-30Z",
      ends: ["2027-02-28 00:00", "2027-05-30 00:00", "2027-08-30 00:00", "2027-11-30 00:00", "2028-02-29 00:00"]),
    Example(
      "a day of 23 hours", "day", zone: "Europe/Berlin", from: "2027-03-27 12:00Z",
      ends: ["2027-03-27 23:00", "2027-03-28 22:00", "2027-03-29 22:00"]),
    Example(
      "a day of 25 hours", "day", zone: "Europe/Berlin", from: "2027-10-30 12:00Z",
      ends: ["2027-10-30 22:00", "2027-10-31 23:00", "2027-11-01 23:00"]),
    Example(
      "São Paulo without midnight", "day", zone: "America/Sao_Paulo", from: "2018-11-03 12:00Z",
      ends: ["2018-11-04 03:00", "2018-11-05 02:00"]),
    Example(
      "Cairo without midnight", "day", zone: "Africa/Cairo", from: "2024-04-25 12:00Z",
      ends: ["2024-04-25 22:00", "2024-04-26 21:00"]),
    Example(
      "Beirut without midnight", "day", zone: "Asia/Beirut", from: "2024-03-30 12:00Z",
      ends: ["2024-03-30 22:00", "2024-03-31 21:00"]),
    Example(
      "Havana with midnight twice: the day begins with the first", "day", zone: "America/Havana",
      from: "2024-11-02 12:00Z", ends: ["2024-11-03 04:00", "2024-11-04 05:00"]),
    Example(
      "St. John's, where clocks went back over midnight: the day that had begun goes on", "day",
      zone: "America/St_Johns", from: "2005-10-30 03:00Z", ends: ["2005-10-31 03:30", "2005-11-01 03:30"]),
    Example(
      "Apia without a whole day", "day", zone: "Pacific/Apia", from: "2011-12-29 12:00Z",
      ends: ["2011-12-30 10:00", "2011-12-31 10:00"]),
    Example("years far ahead", "month", anchor: "2024-01-31Z", from: "9999-02-01Z", ends: ["9999-02-28 00:00"]),
  ]
}
