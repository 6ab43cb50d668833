// Several named arrays: what a .npz file holds.

/// Named arrays in the order in which they were added or stored.
public struct ArrayArchive: Sendable, Equatable {
  /// The names, without the `.npy` that a .npz file appends to them.
  public private(set) var names: [String] = []
  /// Where the archive came from, for messages; equality ignores it.
  public let origin: String
  private var arrays: [String: NumericArray] = [:]

  public init(origin: String = "archive") { self.origin = origin }

  /// The array of that name; set `nil` to remove it.
  public subscript(name: String) -> NumericArray? {
    get { arrays[name] }
    set {
      if newValue == nil {
        names.removeAll { $0 == name }
      } else if arrays[name] == nil {
        names.append(name)
      }
      arrays[name] = newValue
    }
  }

  /// The array of that name.
  ///
  /// - Throws: ``ArrayFileError/missingMember(file:name:available:)``, listing the names that are there.
  public func array(named name: String) throws(ArrayFileError) -> NumericArray {
    guard let array = arrays[name] else { throw .missingMember(file: origin, name: name, available: names) }
    return array
  }

  public static func == (a: ArrayArchive, b: ArrayArchive) -> Bool { a.names == b.names && a.arrays == b.arrays }
}
