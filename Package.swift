// swift-tools-version: 6.2
import PackageDescription

// Numerics are unusable without optimisation (a stencil runs 60 times slower), so debug builds of
// this package, which is what a plain `swift test` makes, optimise the rooms and their C kernels.
// SwiftPM forbids unsafe flags in some dependents' builds, so the flags are left out when this
// package was checked out as somebody's dependency.
let isRootPackage = !Context.packageDirectory.contains("/checkouts/")

// With STRICT set, as in continuous integration, no warning passes.
let strictness: [SwiftSetting] =
  Context.environment["STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let features: [SwiftSetting] =
  strictness + [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  ]
let numerics =
  features
  + (isRootPackage ? [.unsafeFlags(["-O"], .when(configuration: .debug))] : [])
let kernelFlags: [CSetting] =
  isRootPackage ? [.unsafeFlags(["-O3", "-ffp-contract=off"])] : []

// These kernels may contract: what they compute is judged by residuals, not by bits.
let contractingKernelFlags: [CSetting] = isRootPackage ? [.unsafeFlags(["-O3"])] : []

// Several processes share work by MPI only where that is wanted: a plain build must not need it.
let sharesByMPI = Context.environment["LIPDYN_MPI"] != nil

let package = Package(
  name: "LipschitzDynamics",
  products: [
    .library(name: "LipschitzDynamics", targets: ["LipschitzDynamics"]),
    .library(name: "VerificationKit", targets: ["VerificationKit"]),
    .library(name: "StochasticCalculus", targets: ["StochasticCalculus"]),
    .library(name: "NetworkTraining", targets: ["NetworkTraining"]),
    .library(name: "RandomStreams", targets: ["RandomStreams"]),
    .library(name: "SymbolicCalculus", targets: ["SymbolicCalculus"]),
    .library(name: "Derivations", targets: ["Derivations"]),
    .library(name: "ExactArithmetic", targets: ["ExactArithmetic"]),
    .library(name: "ArrayFiles", targets: ["ArrayFiles"]),
    .library(name: "DenseLinearAlgebra", targets: ["DenseLinearAlgebra"]),
    .executable(name: "lipdyn", targets: ["lipdyn"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
  ],
  targets: [
    // Debian's C libraries: module maps only.
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLAPACKE", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev"])]),
    .systemLibrary(name: "CFLINT", providers: [.apt(["libflint-dev", "libflint-arb-dev"])]),
    .systemLibrary(name: "CZip", providers: [.apt(["libzip-dev", "zlib1g-dev"])]),
    .systemLibrary(name: "CArchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),

    // The rooms, lowest first. Nothing below LipschitzDynamics knows of the paper.
    .target(name: "CDenseKernels", cSettings: contractingKernelFlags),
    .target(
      name: "DenseLinearAlgebra", dependencies: ["CDenseKernels", "COpenBLAS", "CLAPACKE"], swiftSettings: numerics),
    .target(name: "ExactArithmetic", dependencies: ["CFLINT"], swiftSettings: numerics),
    .target(
      name: "SymbolicCalculus", dependencies: ["CGSL", "ExactArithmetic", "RandomStreams"], swiftSettings: numerics),
    .target(
      name: "Derivations", dependencies: ["ExactArithmetic", "RandomStreams", "SymbolicCalculus"],
      swiftSettings: numerics),
    .target(name: "CRandomKernels", cSettings: kernelFlags),
    // oneDNN's C interface differs between its versions, its C++ interface hardly: hence a target of our own.
    .target(
      name: "CNetworkKernels", cxxSettings: isRootPackage ? [.unsafeFlags(["-O3"])] : [],
      linkerSettings: [.linkedLibrary("dnnl"), .linkedLibrary("dl")]),
    .target(
      name: "RandomStreams", dependencies: ["CGSL", "CRandomKernels"], swiftSettings: numerics),
    .target(
      name: "ArrayFiles", dependencies: ["CArchive", "CZip", "DenseLinearAlgebra"], swiftSettings: numerics),
    .target(name: "RemoteFiles", dependencies: ["CCurl", "COpenSSL"], swiftSettings: features),
    .target(
      name: "VerificationKit", dependencies: ["CGSL", "DenseLinearAlgebra", "RandomStreams"],
      swiftSettings: numerics),
    .target(name: "DistributedWork", swiftSettings: numerics),
    .target(
      name: "StochasticCalculus",
      dependencies: ["CDenseKernels", "CGSL", "DenseLinearAlgebra", "DistributedWork", "RandomStreams"],
      swiftSettings: numerics),
    .target(
      name: "NetworkTraining", dependencies: ["ArrayFiles", "CNetworkKernels", "DenseLinearAlgebra", "RandomStreams"],
      resources: [.copy("Resources")], swiftSettings: numerics),
    .target(
      name: "LipschitzDynamics",
      dependencies: [
        "DenseLinearAlgebra", "DistributedWork", "ExactArithmetic", "NetworkTraining", "RandomStreams",
        "StochasticCalculus", "VerificationKit",
      ], resources: [.embedInCode("Paper.json")], swiftSettings: numerics),
    .target(name: "Notebooks", swiftSettings: features),
    .target(name: "Plotting", dependencies: ["ArrayFiles"], swiftSettings: features),
    .target(name: "Reporting", dependencies: ["VerificationKit"], swiftSettings: features),
    .target(
      name: "Experiments",
      dependencies: [
        "ArrayFiles", "DenseLinearAlgebra", "DistributedWork", "LipschitzDynamics", "NetworkTraining", "Plotting",
        "RandomStreams", "VerificationKit",
      ], resources: [.copy("Catalogue")], swiftSettings: numerics),
    .target(
      name: "Report",
      dependencies: [
        "ArrayFiles", "Derivations", "Experiments", "LipschitzDynamics", "Reporting", "SymbolicCalculus",
        "VerificationKit",
      ], swiftSettings: features),
    .target(
      name: "ReaderFuzzing",
      dependencies: ["ArrayFiles", "Derivations", "Experiments", "NetworkTraining", "RandomStreams"],
      swiftSettings: numerics),
    .executableTarget(
      name: "lipdyn",
      dependencies: [
        "ArrayFiles", "DenseLinearAlgebra", "Derivations", "DistributedWork", "ExactArithmetic", "Experiments",
        "LipschitzDynamics", "NetworkTraining", "Notebooks", "Plotting", "RandomStreams", "ReaderFuzzing",
        "RemoteFiles", "Report",
        "Reporting", "StochasticCalculus", "SymbolicCalculus", "VerificationKit",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ] + (sharesByMPI ? ["MessagePassing"] : []),
      swiftSettings: features + (sharesByMPI ? [.define("MPI")] : []),
      // A library that lacks something is refused at the start, not after hours of work.
      linkerSettings: isRootPackage ? [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "now"])] : []),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

if sharesByMPI {
  package.products.append(.executable(name: "lipdyn-mpi", targets: ["lipdyn"]))
  package.targets += [
    .systemLibrary(name: "CMPI", providers: [.apt(["openmpi-bin", "libopenmpi-dev"])]),
    .target(name: "MessagePassing", dependencies: ["CMPI", "DistributedWork"], swiftSettings: features),
  ]
}

// One test target a room, plus the targets that walk every claim and drive the built executable.
for (room, dependencies) in [
  ("DenseLinearAlgebra", ["DenseLinearAlgebra", "ExactArithmetic"]),
  ("ExactArithmetic", ["ExactArithmetic"]),
  ("SymbolicCalculus", ["SymbolicCalculus", "ExactArithmetic"]),
  ("Derivations", ["Derivations", "SymbolicCalculus", "ExactArithmetic"]),
  ("RandomStreams", ["RandomStreams"]),
  ("ArrayFiles", ["ArrayFiles", "DenseLinearAlgebra"]),
  ("RemoteFiles", ["RemoteFiles"]),
  ("Notebooks", ["Notebooks", "LipschitzDynamics", "VerificationKit", "DenseLinearAlgebra"]),
  ("VerificationKit", ["VerificationKit", "DenseLinearAlgebra", "RandomStreams"]),
  ("DistributedWork", ["DistributedWork"]),
  ("StochasticCalculus", ["StochasticCalculus", "DenseLinearAlgebra", "RandomStreams"]),
  ("NetworkTraining", ["NetworkTraining", "ArrayFiles", "DenseLinearAlgebra", "RandomStreams", "VerificationKit"]),
  (
    "EveryClaim",
    [
      "LipschitzDynamics", "ExactArithmetic", "VerificationKit", "DenseLinearAlgebra", "NetworkTraining",
      "RandomStreams",
    ]
  ),
  ("Plotting", ["Plotting"]),
  ("ReaderFuzzing", ["ReaderFuzzing", "ArrayFiles", "Experiments"]),
  ("Experiments", ["Experiments", "NetworkTraining", "ArrayFiles", "RandomStreams"]),
  ("Report", ["Report", "Reporting", "LipschitzDynamics", "Derivations", "SymbolicCalculus", "VerificationKit"]),
  ("CommandLine", ["lipdyn", "Reporting", "ArrayFiles", "DenseLinearAlgebra", "NetworkTraining"]),
] as [(String, [String])] {
  package.targets.append(
    .testTarget(
      name: "\(room)Tests", dependencies: dependencies.map { .init(stringLiteral: $0) },
      exclude: ["Derivations": ["Corpus"], "NetworkTraining": ["Fixtures"]][room] ?? [],
      swiftSettings: numerics + (sharesByMPI ? [.define("MPI")] : [])))
}
