// Whole models against what ONNX Runtime computes for them: tests/data/oracle/*.txt, made by ./ci.sh oracle --record.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <sstream>

#include "models.hpp"
#include "util/hash.hpp"
#include "whole.hpp"

using namespace convoy;

namespace {

constexpr double kTolerance = 1e-4;  ///< of the largest magnitude

/// One output as ONNX Runtime computed it.
struct Expected {
    std::string name;
    std::vector<graph::Index> dims;
    double largest{};
    double mean{};  ///< of the magnitudes
    std::vector<std::pair<graph::Index, double>> samples;
};

struct Golden {
    std::string kind;  ///< where the model comes from: zoo, digits, ocr
    std::string model;
    std::uint64_t zoo_seed{};
    std::string sha256;
    std::uint32_t seed{};
    graph::OnnxOptions inputs;
    std::vector<Expected> outputs;
};

/// "1x3x224x224"
std::vector<graph::Index> dims_from(const std::string& text) {
    std::vector<graph::Index> dims;
    std::istringstream stream(text);
    for (std::string dim; std::getline(stream, dim, 'x');) dims.push_back(std::stoll(dim));
    return dims;
}

void read_line(Golden& golden, const std::string& word, std::istream& rest) {
    if (word == "model") {
        rest >> golden.kind >> golden.model >> golden.zoo_seed;
    } else if (word == "sha256") {
        rest >> golden.sha256;
    } else if (word == "seed") {
        rest >> golden.seed;
    } else if (word == "input") {
        std::string name, dims;
        rest >> name >> dims;
        golden.inputs.input_shapes[name] = dims_from(dims);
    } else if (word == "output") {
        Expected& output = golden.outputs.emplace_back();
        std::string dims;
        rest >> output.name >> dims;
        output.dims = dims_from(dims);
    } else if (word == "largest") {
        rest >> golden.outputs.at(golden.outputs.size() - 1).largest;
    } else if (word == "mean") {
        rest >> golden.outputs.at(golden.outputs.size() - 1).mean;
    } else if (word == "sample") {
        auto& sample = golden.outputs.at(golden.outputs.size() - 1).samples.emplace_back();
        rest >> sample.first >> sample.second;
    }
}

Golden read_golden(const std::string& name) {
    std::ifstream file(CONVOY_TEST_DATA "/oracle/" + name + ".txt");
    Golden golden;
    for (std::string line; std::getline(file, line);) {
        std::istringstream rest(line);
        std::string word;
        rest >> word;
        read_line(golden, word, rest);
    }
    REQUIRE_FALSE(golden.outputs.empty());
    return golden;
}

util::FileView model_file(const Golden& golden, const std::string& ocr_folder) {
    if (golden.kind == "digits") return util::FileView::open(CONVOY_TEST_DATA "/../../examples/models/digits.onnx");
    if (golden.kind == "ocr") return util::FileView::open(ocr_folder + "/" + golden.model);
    return test::zoo_file(golden.model, golden.zoo_seed);
}

void check_output(const graph::Graph& graph, std::size_t place, const graph::Tensor& ours, const Expected& expected) {
    const graph::TensorInfo& info = graph.tensor(graph.outputs().at(place));
    CHECK(info.name == expected.name);
    REQUIRE(info.dims == expected.dims);
    REQUIRE_FALSE(expected.samples.empty());
    REQUIRE(expected.largest > 0);
    const graph::Index count = info.bytes().value / static_cast<graph::Index>(sizeof(float));
    double worst = 0;
    for (const auto& [i, value] : expected.samples) {
        REQUIRE((i >= 0 && i < count));
        const double error = std::abs(static_cast<double>(ours.floats()[i]) - value) / expected.largest;
        if (!(error <= worst)) worst = error;
    }
    CHECK(worst <= kTolerance);
    double sum = 0;
    double largest = 0;
    for (graph::Index i = 0; i < count; ++i) {
        sum += std::abs(static_cast<double>(ours.floats()[i]));
        largest = std::max(largest, std::abs(static_cast<double>(ours.floats()[i])));
    }
    CHECK(sum / static_cast<double>(count) == Approx(expected.mean).epsilon(kTolerance));
    CHECK(largest == Approx(expected.largest).epsilon(kTolerance));
}

void check_model(const std::string& name, const std::string& ocr_folder = {}) {
    INFO(name);
    const Golden golden = read_golden(name);
    const util::FileView file = model_file(golden, ocr_folder);
    {
        INFO("another model than the one that ONNX Runtime ran: ./ci.sh oracle --record");
        REQUIRE(util::sha256(file.bytes()) == golden.sha256);
    }
    const graph::Graph graph = graph::read_onnx(file, golden.inputs);
    const auto outputs = test::run_whole(graph, test::formula_inputs(graph, golden.seed));
    REQUIRE(outputs.size() == golden.outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) check_output(graph, i, outputs[i], golden.outputs[i]);
}

}  // namespace

TEST_CASE("oracle: inputs by formula are those of ONNX Runtime's script", "[oracle]") {
    CHECK(test::formula(1, 0) == 0.4328043460845947F);
    CHECK(test::formula(2, 1'000'000) == -1.9675498008728027F);
}

TEST_CASE("oracle: small models give what ONNX Runtime gives", "[oracle]") {
    for (const char* name : {"lenet5", "digits", "squeezenet1_1", "mobilenet_v2"}) check_model(name);
}

TEST_CASE("oracle: the larger models of the zoo give what ONNX Runtime gives", "[oracle][long]") {
    for (const char* name : {"googlenet", "resnet18", "tiny_yolov2", "resnet50", "alexnet", "vgg11", "vgg16"})
        check_model(name);
}

TEST_CASE("oracle: trained OCR models give what ONNX Runtime gives", "[ocr]") {
    const std::string folder = test::ocr_folder();
    if (!std::filesystem::is_directory(folder)) {
        WARN("skipped: no OCR models in " << folder << "; examples/models/fetch_ocr.sh fetches them");
        return;
    }
    for (const char* name : {"ocr_det", "ocr_cls", "ocr_rec"}) check_model(name, folder);
}
