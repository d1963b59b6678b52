# Gives the target ashad::client. It links gRPC and protobuf, which must be installed.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_package(Protobuf CONFIG QUIET)
if(NOT Protobuf_FOUND)
  find_dependency(Protobuf) # Debian's has no config file
endif()
find_dependency(gRPC CONFIG)
find_dependency(OpenSSL)
include("${CMAKE_CURRENT_LIST_DIR}/ashadTargets.cmake")
