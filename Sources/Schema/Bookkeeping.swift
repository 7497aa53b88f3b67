import Postgres

/// What the database remembers of `up`: the migrations it has, and the text its objects were made from.
struct Bookkeeping: Sendable, Equatable {
  struct AppliedMigration: Sendable, Equatable {
    var version: Int
    var name: String
    var checksum: String
    /// RFC 3339, UTC.
    var appliedAt: String
  }

  struct AppliedObject: Sendable, Equatable {
    var path: String
    var checksum: String
    /// The latest migration at that time. A later one may have dropped the object, so it has to be applied again.
    var version: Int
  }

  var migrations: [AppliedMigration] = []
  var objects: [AppliedObject] = []

  /// The highest applied version; 0 in an empty database.
  var version: Int { migrations.last?.version ?? 0 }

  /// Reads it; a database without the tables has nothing applied.
  static func read(_ connection: inout Connection) throws -> Bookkeeping {
    let known = try connection.query("SELECT to_regclass('tollgate.schema_migrations') IS NOT NULL")
    guard try known.boolean(0, 0) else { return Bookkeeping() }
    var bookkeeping = Bookkeeping()
    let migrations = try connection.query(
      """
      SELECT version, name, checksum, to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      FROM tollgate.schema_migrations
      ORDER BY version
      """)
    for row in 0..<migrations.count {
      bookkeeping.migrations.append(
        AppliedMigration(
          version: Int(try migrations.integer(row, 0)), name: try migrations.string(row, 1),
          checksum: try migrations.string(row, 2), appliedAt: try migrations.string(row, 3)))
    }
    let objects = try connection.query(
      "SELECT path, checksum, schema_version FROM tollgate.schema_objects ORDER BY path COLLATE \"C\"")
    for row in 0..<objects.count {
      bookkeeping.objects.append(
        AppliedObject(
          path: try objects.string(row, 0), checksum: try objects.string(row, 1),
          version: Int(try objects.integer(row, 2))))
    }
    return bookkeeping
  }
}

extension Bookkeeping {
  /// Makes the tables. Runs in the first migration's transaction, before it, when nobody knows tollgate_owner yet.
  static let creation = """
    CREATE SCHEMA IF NOT EXISTS tollgate;

    CREATE TABLE tollgate.schema_migrations (
      version integer NOT NULL,
      name text NOT NULL,
      checksum text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT "a migration is applied once" PRIMARY KEY (version)
    );
    COMMENT ON TABLE tollgate.schema_migrations IS 'The migrations that this database has. Written by `tollgate migrate up` alone.';
    COMMENT ON COLUMN tollgate.schema_migrations.checksum IS 'SHA-256 of the file, in hexadecimal.';

    CREATE TABLE tollgate.schema_objects (
      path text COLLATE "C" NOT NULL,
      checksum text NOT NULL,
      schema_version integer NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT "an object file is applied in one version" PRIMARY KEY (path)
    );
    COMMENT ON TABLE tollgate.schema_objects IS 'The files of functions, views and policies as they were last applied.';
    COMMENT ON COLUMN tollgate.schema_objects.checksum IS 'SHA-256 of the file, in hexadecimal.';
    COMMENT ON COLUMN tollgate.schema_objects.schema_version IS 'The highest migration at that time; after a later one all files are applied again.';

    CREATE TABLE tollgate.schema_state (
      object text COLLATE "C" NOT NULL,
      checksum text NOT NULL,
      CONSTRAINT "an object has one definition" PRIMARY KEY (object)
    );
    COMMENT ON TABLE tollgate.schema_state IS 'What `tollgate migrate up` left in the catalogue, for `tollgate migrate verify` to compare.';
    COMMENT ON COLUMN tollgate.schema_state.checksum IS 'SHA-256 of the object''s definition, owner and privileges, in hexadecimal.';
    """

  /// Gives the tables to the role that the first migration has made, and to nobody else.
  static let handingOver = """
    ALTER TABLE tollgate.schema_migrations OWNER TO tollgate_owner;
    ALTER TABLE tollgate.schema_objects OWNER TO tollgate_owner;
    ALTER TABLE tollgate.schema_state OWNER TO tollgate_owner;
    REVOKE ALL ON tollgate.schema_migrations, tollgate.schema_objects, tollgate.schema_state
      FROM PUBLIC, anon, authenticated, service_role, tollgate_server;
    """

  static func record(_ migration: Migration, on connection: inout Connection) throws {
    _ = try connection.query(
      "INSERT INTO tollgate.schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
      [.integer(Int64(migration.version)), .text(migration.name), .text(migration.checksum)])
  }

  /// Notes that exactly these files are applied.
  static func record(_ objects: [SchemaObject], version: Int, on connection: inout Connection) throws {
    let paths = objects.map { Optional($0.path) }
    _ = try connection.query("DELETE FROM tollgate.schema_objects WHERE path <> ALL ($1::text[])", [.array(paths)])
    _ = try connection.query(
      """
      INSERT INTO tollgate.schema_objects (path, checksum, schema_version)
      SELECT path, checksum, $3
      FROM unnest($1::text[], $2::text[]) AS applied (path, checksum)
      ON CONFLICT (path) DO UPDATE
      SET checksum = excluded.checksum, schema_version = excluded.schema_version, applied_at = now()
      WHERE (schema_objects.checksum, schema_objects.schema_version) <> (excluded.checksum, excluded.schema_version)
      """,
      [.array(paths), .array(objects.map { Optional($0.checksum) }), .integer(Int64(version))])
  }
}
