// Elementary functions for the tests, under a name that cannot be mistaken for the kit's.

import Glibc

enum Oracle {
  static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  static func exp2(_ x: Double) -> Double { Glibc.exp2(x) }
  static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
}
