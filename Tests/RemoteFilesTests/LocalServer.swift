// A web server of the test's own on the loopback interface, which can misbehave in the ways that matter here.

import Foundation
import Glibc
import Synchronization

/// Serves one file, one connection at a time.
final class LocalServer: Sendable {
  struct Behaviour: Sendable {
    var contents: [UInt8] = []
    var honoursRanges = true
    /// Close the connection after so many bytes of the body, whatever was announced.
    var breaksOffAfter: Int?
    /// Answer with this status and nothing else.
    var status: Int?
  }

  let port: UInt16
  private let socket: Int32
  let behaviour: Mutex<Behaviour>
  /// The value of each request's Range line, or nothing.
  let ranges = Mutex<[String?]>([])

  init(_ behaviour: Behaviour) {
    self.behaviour = Mutex(behaviour)
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(socket, $0, length) }
    }
    listen(socket, 8)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(socket, $0, &length) }
    }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        if connection < 0 { return }
        answer(connection)
        close(connection)
      }
    }
  }

  var url: String { "http://127.0.0.1:\(port)/file.bin" }

  func stop() { shutdown(socket, Int32(SHUT_RDWR)) }

  private func answer(_ connection: Int32) {
    var request: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: request, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &chunk, chunk.count, 0)
      if count <= 0 { return }
      request += chunk[..<count]
    }
    let lines = String(decoding: request, as: UTF8.self).components(separatedBy: "\r\n")
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }?.dropFirst("range: bytes=".count)
    ranges.withLock { $0.append(range.map(String.init)) }
    let now = behaviour.withLock { $0 }
    if let status = now.status {
      send(connection, Array("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".utf8))
      return
    }
    var start = 0
    var head = "HTTP/1.1 200 OK\r\n"
    if now.honoursRanges, let range, let from = Int(range.prefix { $0.isNumber }) {
      guard from < now.contents.count else {
        send(connection, Array("HTTP/1.1 416 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".utf8))
        return
      }
      start = from
      head =
        "HTTP/1.1 206 Partial\r\nContent-Range: bytes \(from)-\(now.contents.count - 1)/\(now.contents.count)\r\n"
    }
    let body = now.contents[start...]
    head += "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
    send(connection, Array(head.utf8) + body.prefix(now.breaksOffAfter ?? body.count))
  }

  private func send(_ connection: Int32, _ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }
}
