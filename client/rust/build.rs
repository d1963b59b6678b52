//! Generates the messages and stubs of the contract, by the system's protoc.

fn main() -> std::io::Result<()> {
    tonic_prost_build::configure()
        .build_server(false)
        .compile_protos(&["proto/ashad/v1/ashad.proto"], &["proto"])
}
