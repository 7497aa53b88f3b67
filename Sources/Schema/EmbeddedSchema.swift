/// What this program knows of the schema: the files it was built with.
public enum EmbeddedSchema {
  /// The version a database has when every migration is applied; `tollgate.schema_level()` says what it has.
  public static var latestVersion: Int { SchemaFiles.embedded.latestVersion }
  /// By version.
  public static var migrations: [Migration] { SchemaFiles.embedded.migrations }
  /// In the order of application.
  public static var objects: [SchemaObject] { SchemaFiles.embedded.objects }
  /// By name.
  public static var checks: [Check] { SchemaFiles.embedded.checks }
}
