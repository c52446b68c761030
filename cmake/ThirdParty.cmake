# Every third-party library that convoy builds on, as Debian 12 packages it (./ci.sh deps installs them).
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(yaml-cpp REQUIRED)
find_package(cxxopts REQUIRED)
find_package(Eigen3 REQUIRED)
find_package(TBB REQUIRED)
find_package(nng REQUIRED)
find_package(Protobuf REQUIRED)  # before ONNX, whose config names protobuf::libprotobuf without finding it
find_package(ONNX REQUIRED)
find_package(Catch2 REQUIRED)

# The zstd package config of Debian 12 names its targets by linkage.
find_package(zstd REQUIRED)

# GLPK comes without a CMake package.
find_path(GLPK_INCLUDE_DIR glpk.h REQUIRED)
find_library(GLPK_LIBRARY glpk REQUIRED)
add_library(glpk::glpk UNKNOWN IMPORTED)
set_target_properties(glpk::glpk PROPERTIES
    IMPORTED_LOCATION ${GLPK_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${GLPK_INCLUDE_DIR})

# OpenCV's CMake package is only in libopencv-dev (57 packages, 344 MB); the component packages are enough by name.
find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(component core imgproc imgcodecs dnn ml)
    find_library(OPENCV_${component}_LIBRARY opencv_${component} REQUIRED)
    add_library(opencv::${component} UNKNOWN IMPORTED)
    set_target_properties(opencv::${component} PROPERTIES
        IMPORTED_LOCATION ${OPENCV_${component}_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${OPENCV_INCLUDE_DIR})
endforeach()
