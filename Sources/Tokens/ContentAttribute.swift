/// Content of an organization: texts that are sent along with prompts while it is active.
public enum ContentAttribute {
  /// How many are activated at once.
  public static let activationRange = 1...1000
  /// How many texts an attribute's examples may be, and its signals.
  public static let textLimit = 1000
  /// How many bytes of UTF-8 all texts of an attribute may have together.
  public static let textByteLimit = 65_536
}

public typealias ContentAttributeID = Identifier<ContentAttribute>

/// What is to be saved of an attribute.
public struct ContentDraft: Sendable {
  public var instructions: String
  /// JSON: a text or a list of texts.
  public var examples: String
  /// JSON: a text or a list of texts.
  public var signals: String
  /// Nil: as it is, and a new one is active.
  public var isActive: Bool?

  public init(instructions: String, examples: String, signals: String, isActive: Bool?) {
    self.instructions = instructions
    self.examples = examples
    self.signals = signals
    self.isActive = isActive
  }
}

/// An attribute as it is kept. Times are microseconds since 1970.
public struct ContentDetails: Sendable {
  public var id: ContentAttributeID
  /// In the order in which they were made.
  public var number: Int64
  public var draft: ContentDraft
  /// Tokens of all its texts.
  public var tokens: Int64
  public var uses: Int64
  /// Nil: never.
  public var lastUsedAtMicroseconds: Int64?
  public var createdAtMicroseconds: Int64
  public var updatedAtMicroseconds: Int64

  public init(
    id: ContentAttributeID, number: Int64, draft: ContentDraft, tokens: Int64, uses: Int64,
    lastUsedAtMicroseconds: Int64?, createdAtMicroseconds: Int64, updatedAtMicroseconds: Int64
  ) {
    self.id = id
    self.number = number
    self.draft = draft
    self.tokens = tokens
    self.uses = uses
    self.lastUsedAtMicroseconds = lastUsedAtMicroseconds
    self.createdAtMicroseconds = createdAtMicroseconds
    self.updatedAtMicroseconds = updatedAtMicroseconds
  }
}

/// A page of attributes, newest first.
public struct ContentPage: Sendable {
  public var attributes: [ContentDetails]
  /// Whether others come behind them.
  public var hasNext: Bool

  public init(attributes: [ContentDetails], hasNext: Bool) {
    self.attributes = attributes
    self.hasNext = hasNext
  }
}

/// How often an attribute was used, after one use more.
public struct ContentUses: Sendable {
  public var uses: Int64
  /// Microseconds since 1970.
  public var lastUsedAtMicroseconds: Int64
  public var isReplay: Bool

  public init(uses: Int64, lastUsedAtMicroseconds: Int64, isReplay: Bool) {
    self.uses = uses
    self.lastUsedAtMicroseconds = lastUsedAtMicroseconds
    self.isReplay = isReplay
  }
}
