// The backend test cases that come with ONNX (Debian: libonnx-testdata), against the tensors that they expect.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "backend_case.hpp"

using namespace convoy;
using test::BackendCase;
using test::Outcome;

namespace {

namespace fs = std::filesystem;

/// Operator types that convoy claims to run in general. Types of which any case runs join them.
const std::set<std::string> kClaimed{"Add",           "AveragePool", "BatchNormalization",
                                     "Clip",          "Concat",      "Conv",
                                     "ConvTranspose", "Div",         "Elu",
                                     "DepthToSpace",  "Exp",         "Flatten",
                                     "Gather",        "Gemm",        "GlobalAveragePool",
                                     "GlobalMaxPool", "HardSigmoid", "HardSwish",
                                     "LRN",           "LeakyRelu",   "MatMul",
                                     "Max",           "MaxPool",     "Min",
                                     "Mul",           "PRelu",       "Pad",
                                     "Pow",           "ReduceMean",  "ReduceSum",
                                     "Relu",          "Reshape",     "Resize",
                                     "Sigmoid",       "Slice",       "Softmax",
                                     "SpaceToDepth",  "Split",       "Sqrt",
                                     "Squeeze",       "Sub",         "Sum",
                                     "Tanh",          "Transpose",   "Unsqueeze",
                                     "Upsample"};

std::vector<BackendCase> run_all() {
    std::vector<BackendCase> cases;
    for (const char* group : {"node", "simple", "pytorch-operator", "pytorch-converted"}) {
        const fs::path root = fs::path(CONVOY_ONNX_TESTDATA) / group;
        INFO("./ci.sh deps installs the package libonnx-testdata");
        REQUIRE(fs::is_directory(root));
        std::vector<fs::path> folders;
        for (const auto& entry : fs::directory_iterator(root)) folders.push_back(entry.path());
        std::sort(folders.begin(), folders.end());
        for (const fs::path& folder : folders) cases.push_back(test::run_backend_case(folder));
    }
    return cases;
}

/// What a case is counted under.
std::string type_of(const BackendCase& one) { return one.types.size() == 1 ? *one.types.begin() : "several types"; }

std::set<std::string> claimed_types(const std::vector<BackendCase>& cases) {
    std::set<std::string> types = kClaimed;
    for (const BackendCase& one : cases) {
        if (one.types.size() == 1 && one.runs()) types.insert(*one.types.begin());
    }
    return types;
}

struct Row {
    int cases{}, fed{}, bound{}, refused{};
};

/// The table by operator type, and each claimed case that does not run, with the reason.
std::string summary(const std::vector<BackendCase>& cases) {
    const std::set<std::string> claimed = claimed_types(cases);
    std::map<std::string, Row> rows;
    std::map<std::string, int> others;
    std::string refusals;
    for (const BackendCase& one : cases) {
        const std::string type = type_of(one);
        if (!one.runs() && !std::ranges::includes(claimed, one.types)) {
            ++others[type];
            continue;
        }
        Row& row = rows[type];
        ++row.cases;
        row.fed += one.fed.kind == Outcome::Kind::right ? 1 : 0;
        row.bound += one.bound.kind == Outcome::Kind::right ? 1 : 0;
        row.refused += one.runs() ? 0 : 1;
        if (!one.runs()) refusals += fmt::format("{}: {}\n", one.name, one.bound.detail);
    }
    std::string text = fmt::format("{:<22}{:>6}{:>10}{:>20}{:>9}\n", "operators claimed", "cases", "run, fed",
                                   "run, with constants", "refused");
    for (const auto& [type, row] : rows)
        text += fmt::format("{:<22}{:>6}{:>10}{:>20}{:>9}\n", type, row.cases, row.fed, row.bound, row.refused);
    text += "\nrefused of these, and why (with all inputs but the first as constants)\n" + refusals;
    text += "\noperators not claimed, and cases of them, all refused\n";
    for (const auto& [type, count] : others) text += fmt::format("{:<28}{}\n", type, count);
    return text;
}

/// By operator type and axis, the cases that give what is expected when an operator is in two pieces along it.
std::string summary_of_pieces(const std::vector<BackendCase>& cases) {
    std::map<std::string, std::map<test::Way, int>> rows;
    std::map<test::Way, int> all;
    for (const BackendCase& one : cases) {
        for (const test::Way& way : one.pieces.run) {
            ++rows[type_of(one)][way];
            ++all[way];
        }
    }
    std::string text = fmt::format("\n{:<22}", "cases in two pieces");
    for (const test::Way& way : test::every_way()) text += fmt::format("{:>7}", test::to_string(way));
    const auto line = [&](const std::string& name, std::map<test::Way, int>& row) {
        text += fmt::format("\n{:<22}", name);
        for (const test::Way& way : test::every_way()) text += fmt::format("{:>7}", row[way]);
    };
    for (auto& [type, row] : rows) line(type, row);
    line("all", all);
    return text + "\n";
}

}  // namespace

TEST_CASE(
    "oracle: operators, whole and in pieces, compute what ONNX's own test cases expect, or are refused for a known "
    "reason",
    "[oracle]") {
    const std::vector<BackendCase> cases = run_all();
    CHECK(cases.size() > 1000);
    for (const BackendCase& one : cases) {
        INFO(one.name << ": " << one.fed.detail << " / " << one.bound.detail);
        CHECK_FALSE(one.wrong());
        CHECK(one.pieces.wrong == "");
    }
    const std::string is = summary(cases) + summary_of_pieces(cases);
    const char* file = CONVOY_TEST_DATA "/oracle/backend.txt";
    if (std::getenv("CONVOY_APPROVE") != nullptr) std::ofstream(file) << is;
    std::stringstream recorded;
    recorded << std::ifstream(file).rdbuf();
    INFO("./ci.sh approve records what has changed, for review in the diff");
    CHECK(is == recorded.str());
}
