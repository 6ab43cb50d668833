// Memory for one layer's values of a batch, planned once, shared by threads that write disjoint samples.

internal import DenseLinearAlgebra

/// Aligned memory for numbers; one sample after the other.
final class SampleBuffer<Element>: @unchecked Sendable {
  let count: Int
  let pointer: UnsafeMutablePointer<Element>

  init(_ count: Int, of value: Element) {
    self.count = count
    let raw = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: 64)
    pointer = raw.bindMemory(to: Element.self, capacity: max(1, count))
    pointer.initialize(repeating: value, count: count)
  }

  deinit { UnsafeMutableRawPointer(pointer).deallocate() }

  var array: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
