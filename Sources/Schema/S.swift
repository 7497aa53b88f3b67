public func migrationFiles() -> Int { embeddedFiles.count }
