@testable import Schema

/// Small sets of files, which begin with the first migration because it makes the roles.
enum TestFiles {
  static func first(adding files: [(path: String, text: String)] = []) -> SchemaFiles {
    SchemaFiles(EmbeddedSchema.migrations.prefix(1).map { ($0.path, $0.text) } + files)
  }

  /// What `files` was made from, checks excepted.
  static func list(_ files: SchemaFiles) -> [(path: String, text: String)] {
    files.migrations.map { ($0.path, $0.text) } + files.objects.map { ($0.path, $0.text) }
  }

  static func adding(to files: SchemaFiles, _ more: [(path: String, text: String)]) -> SchemaFiles {
    SchemaFiles(list(files) + more)
  }

  static func removing(from files: SchemaFiles, _ path: String) -> SchemaFiles {
    SchemaFiles(list(files).filter { $0.path != path })
  }

  static func replacing(_ files: SchemaFiles, _ path: String, with text: String) -> SchemaFiles {
    adding(to: removing(from: files, path), [(path, text)])
  }

  /// A function without arguments in schema tollgate.
  static func function(_ name: String, body: String) -> String {
    "CREATE OR REPLACE FUNCTION tollgate.\(name)() RETURNS integer LANGUAGE sql AS $$ \(body) $$;"
  }
}
