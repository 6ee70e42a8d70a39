// swift-tools-version:6.0
// This manifest is complete once `build.sh` has put the generated binding beside it, in target/swift/Holloway.
import PackageDescription

let package = Package(
    name: "Holloway",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Holloway", targets: ["Holloway"])],
    targets: [
        // The C functions of the Rust library, and where to find it. For an app: the XCFramework that build.sh makes on a Mac.
        .systemLibrary(name: "HollowayFFI"),
        // Generated. Imported by the facade only, and not part of what an app sees.
        .target(name: "HollowayBindings", dependencies: ["HollowayFFI"]),
        .target(name: "Holloway", dependencies: ["HollowayBindings"]),
        .testTarget(name: "HollowayTests", dependencies: ["Holloway"]),
    ]
)
