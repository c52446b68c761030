#!/usr/bin/env bash
# One script for people and machines: ./ci.sh WORD
#   deps      install the Debian packages that are missing (as root or with sudo)
#   release   build into build/release          debug     build into build/debug
#   quick     build and run the quick tests     test      install, build, run all tests (the README's test command)
#   asan      quick tests under the address and undefined-behaviour sanitizers
#   tsan      quick tests under the thread sanitizer
#   approve   rewrite the expected outputs of golden tests and bad-file catalogues, for review in the diff
#   docs      rewrite docs/format-*.md from docs/formats and the schema tables in lib/
#   soak      1,000 runs of a worker, started and stopped while frames are in flight (by hand, minutes)
#   fuzz [SECONDS [TARGET...]]  libFuzzer on the model, document and frame readers (by hand, 600 seconds each)
#   oracle    compare whole models with ONNX Runtime from npm, live (by hand, minutes; needs node and a registry);
#             further words are models (FILE.onnx[,INPUT=1x3x48x192]), or --record to write tests/data/oracle anew
#   sockets   every cut of every model over sockets, whose bytes are compared with the plans' (by hand, 15 minutes)
#   exhaustive  auto against all plans of chains of five operators, all strategies for the zoo against the lower bound (by
#               hand, half an hour)
#   bench     overhead of the engine and of one hop over loopback, time of one prediction (by hand, minutes)
#   bench-bed [ROUNDS]  what the emulated devices and links of examples/testbed are asked for and give (by hand, as root)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

packages=(
    g++ cmake make ninja-build pkg-config
    libopencv-dnn-dev libopencv-imgcodecs-dev libopencv-imgproc-dev libopencv-ml-dev
    libonnx-dev libprotobuf-dev protobuf-compiler libtbb-dev libnng-dev libcxxopts-dev libyaml-cpp-dev
    libeigen3-dev libfmt-dev libspdlog-dev libzstd-dev libssl-dev libglpk-dev catch2 libonnx-testdata
    iproute2 shellcheck
)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

deps() {
    local missing=()
    for package in "${packages[@]}"; do
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
    cmake -S . -B "build/$word" -G Ninja "$@" >&2
    cmake --build "build/$word" >&2
}

run_tests() { ctest --test-dir "build/$1" --output-on-failure "${@:2}"; }

# The thread sanitizer cannot see the synchronisation inside Debian's uninstrumented TBB and OpenCV: what they do among
# themselves is suppressed; our own threads are not.
tsan_options="suppressions=$PWD/tests/tsan.supp history_size=4"

# Trained models for the test oracle.ocr, which is skipped without them.
ocr_models() {
    if ! command -v npm >/dev/null; then
        echo "ci.sh: no npm: the test oracle.ocr will be skipped" >&2
    elif ! timeout 120 examples/models/fetch_ocr.sh >/dev/null; then
        echo "ci.sh: the OCR models cannot be fetched: the test oracle.ocr will be skipped" >&2
    fi
}

approve() {
    build release -DCMAKE_BUILD_TYPE=Release
    CONVOY_APPROVE=1 run_tests release -L quick
    git --no-pager diff --stat -- tests
}

# Needs clang and its sanitizers' runtime. What is found lies in build/fuzz/found and goes to tests/fuzz/corpus once fixed.
fuzz() {
    local seconds=${1:-600}
    shift || true
    local targets=("$@") target
    [ ${#targets[@]} -gt 0 ] || targets=(model document frame)
    packages=(clang libclang-rt-14-dev) deps
    cmake -S . -B build/fuzz -G Ninja -DCMAKE_CXX_COMPILER=clang++ -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 \
        -DCONVOY_SANITIZE=address,undefined,fuzzer-no-link >&2
    cmake --build build/fuzz --target "${targets[@]/#/fuzz_}" >&2
    for target in "${targets[@]}"; do
        local seeds=(tests/fuzz/corpus/"$target")
        [ "$target" != document ] || seeds+=(tests/data tests/tools)
        [ "$target" != frame ] || seeds=(tests/data/frame)
        mkdir -p "build/fuzz/found" "build/fuzz/corpus/$target"
        build/fuzz/bin/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 \
            -artifact_prefix="build/fuzz/found/$target-" -print_final_stats=1 "build/fuzz/corpus/$target" "${seeds[@]}"
    done
}

# Every tests/bench/bed_*.sh, one after another; fails when one of them does.
bench_bed() {
    local script status=0
    for script in tests/bench/bed_*.sh; do
        echo "== $script" >&2
        "$script" build/release/bin "$@" || status=1
    done
    return $status
}

case "${1:-help}" in
    deps) deps ;;
    release) build release -DCMAKE_BUILD_TYPE=Release ;;
    debug) build debug -DCMAKE_BUILD_TYPE=Debug ;;
    quick) build release -DCMAKE_BUILD_TYPE=Release && run_tests release -L quick -j2 ;;
    test) deps && build release -DCMAKE_BUILD_TYPE=Release && ocr_models && run_tests release -j2 ;;
    asan) build asan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DCONVOY_SANITIZE=address,undefined \
              && UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 run_tests asan -L quick ;;
    tsan) build tsan -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O1 -DCONVOY_SANITIZE=thread \
              && TSAN_OPTIONS=$tsan_options run_tests tsan -L quick ;;
    fuzz) fuzz "${@:2}" ;;
    approve) approve ;;
    docs) build release -DCMAKE_BUILD_TYPE=Release && build/release/bin/docgen docs/formats docs ;;
    soak) build release -DCMAKE_BUILD_TYPE=Release && tests/bench/soak.sh build/release/bin ;;
    oracle) build release -DCMAKE_BUILD_TYPE=Release && cmake --build build/release --target oracle_probe >&2 \
                && tests/oracle/oracle.sh build/release/bin build/oracle "${@:2}" ;;
    sockets) build release -DCMAKE_BUILD_TYPE=Release && ocr_models && build/release/bin/test_oracle "[sockets]" ;;
    exhaustive) build release -DCMAKE_BUILD_TYPE=Release && build/release/bin/test_partition "[.exhaustive]" ;;
    bench) build release -DCMAKE_BUILD_TYPE=Release \
               && cmake --build build/release --target engine_bench predict_bench >&2 \
               && tests/bench/overhead.sh build/release/bin && tests/bench/predict.sh build/release/bin ;;
    bench-bed) build release -DCMAKE_BUILD_TYPE=Release && cmake --build build/release --target stretch_bench >&2 \
                   && bench_bed "${@:2}" ;;
    *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; [ "${1:-help}" = help ] || exit 64 ;;
esac
