// swift-tools-version: 6.2
import PackageDescription

// A package that uses this one as a library. A package of your own would have one line here:
//   .package(url: "https://…/LipschitzDynamics.git", from: "0.1.0")
// This one takes the sources around it, or, for .ci/check-client, a repository with a version.
let folder = Context.packageDirectory.split(separator: "/").dropLast(2).last.map(String.init) ?? ""
let url = Context.environment["LIPSCHITZ_DYNAMICS_URL"]

let package = Package(
  name: "Client",
  dependencies: [
    url.map { .package(url: $0, exact: "0.0.1") } ?? .package(path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "Client",
      dependencies: ["LipschitzDynamics", "VerificationKit"].map {
        .product(name: $0, package: url == nil ? folder : "LipschitzDynamics")
      })
  ],
  swiftLanguageModes: [.v6])
