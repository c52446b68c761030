#!/usr/bin/env bash
# One script for people and machines: ./ci.sh WORD
#   deps      install the Debian packages that are missing (as root or with sudo)
#   release   build into build/release          debug     build into build/debug
#   quick     build and run the quick tests     test      install, build, run all tests (the README's test command)
#   approve   rewrite what the golden tests and the catalogues of bad files expect, for review with git diff
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

packages=(
    g++ cmake ninja-build pkg-config
    libopencv-dnn-dev libopencv-imgcodecs-dev libopencv-imgproc-dev libopencv-ml-dev
    libonnx-dev libprotobuf-dev protobuf-compiler libtbb-dev libnng-dev libcxxopts-dev libyaml-cpp-dev
    libeigen3-dev libfmt-dev libspdlog-dev libzstd-dev libssl-dev catch2
)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

deps() {
    local missing=()
    for package in "${packages[@]}" "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "ci.sh: installing ${missing[*]}" >&2
    as_root apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}"
}

build() {  # build WORD [cmake option...]: configures and builds build/WORD
    local word=$1
    shift
    cmake -S . -B "build/$word" -G Ninja "$@" >"/dev/stderr"
    cmake --build "build/$word" >"/dev/stderr"
}

run_tests() { ctest --test-dir "build/$1" --output-on-failure "${@:2}"; }

case "${1:-help}" in
    deps) deps ;;
    release) build release -DCMAKE_BUILD_TYPE=Release ;;
    debug) build debug -DCMAKE_BUILD_TYPE=Debug ;;
    quick) build release -DCMAKE_BUILD_TYPE=Release && run_tests release -L quick -j2 ;;
    approve) build release -DCMAKE_BUILD_TYPE=Release && CONVOY_APPROVE=1 run_tests release -L quick ;;
    test) deps && build release -DCMAKE_BUILD_TYPE=Release && run_tests release ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; [ "${1:-help}" = help ] || exit 64 ;;
esac
