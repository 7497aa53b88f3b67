import Foundation
import PackagePlugin

/// Generates one Swift file per target that holds, as constants, the files the target needs at run time.
///
/// The binary then carries its own SQL, its API description and its dashboard, and a deployment is one file.
@main
struct EmbedFiles: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let inputs: [URL]
    switch target.name {
    case "Schema": inputs = try files(below: root.appending(path: "sql"))
    case "API": inputs = [root.appending(path: "openapi.json")] + (try files(below: root.appending(path: "dashboard")))
    default: inputs = []
    }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedFiles.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(inputs.count) files into \(target.name)",
        executable: try context.tool(named: "embed-files").url,
        arguments: [output.path(), root.path()] + inputs.map { $0.path() },
        inputFiles: inputs, outputFiles: [output])
    ]
  }

  private func files(below directory: URL) throws -> [URL] {
    let found = FileManager.default.enumerator(at: directory, includingPropertiesForKeys: [.isRegularFileKey])
    let urls = (found?.allObjects ?? []).compactMap { $0 as? URL }
    return try urls.filter { try $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true }
      .sorted { $0.path() < $1.path() }
  }
}
