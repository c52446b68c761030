// Every YAML reader: the document's own first key says which one. What is read is written and read again.
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "cluster/cluster.hpp"
#include "cost/comparison.hpp"
#include "cost/compression.hpp"
#include "dataset/preprocess.hpp"
#include "fuzz/target.hpp"
#include "latency/evaluation.hpp"
#include "latency/model.hpp"
#include "plan/plan_file.hpp"
#include "samples/profile.hpp"
#include "samples/trace.hpp"
#include "support/small_models.hpp"

namespace convoy::fuzz {
namespace {

util::FileView file_of(std::string text) { return util::FileView::from_bytes(std::move(text), "fuzz.yaml"); }

/// What was read is written, and reads as the same.
template <typename T>
void check_again(const T& value, const std::string& text, const std::function<T(const util::FileView&)>& read) {
    if (!(read(file_of(text)) == value)) std::abort();
}

void read_cluster(const util::FileView& file) {
    const std::function<cluster::Cluster(const util::FileView&)> read = [](const util::FileView& text) {
        return cluster::read_cluster(text, [](const std::string&) { return cluster::Link{}; });
    };
    const cluster::Cluster value = read(file);
    check_again(value, cluster::write_cluster(value), read);
}

const graph::Graph& small_model() {
    static const graph::Graph graph = [] {
        test::Model model;
        const graph::TensorId conv = model.conv("conv1", model.input("x", {1, 3, 16, 16}), 8);
        const graph::TensorId both = model.add("add", model.conv("conv2", conv, 8), conv);
        return model.finish({model.gemm("fc", both, 10)});
    }();
    return graph;
}

void read_plan(const util::FileView& file) {
    const std::function<plan::PlanDocument(const util::FileView&)> read = [](const util::FileView& text) {
        return plan::read_plan(text, small_model());
    };
    const plan::PlanDocument value = read(file);
    check_again(value, plan::write_plan(value, small_model()), read);
}

void read_trace(const util::FileView& file) {
    samples::TraceReader reader(file);
    while (reader.next()) {
    }
}

using Reader = std::function<void(const util::FileView&)>;

const std::map<std::string, Reader, std::less<>>& readers() {
    static const std::map<std::string, Reader, std::less<>> table{
        {"cluster", read_cluster},
        {"comparison", [](const util::FileView& file) { (void)cost::read_comparison(file); }},
        {"compression", [](const util::FileView& file) { (void)cost::read_compression(file); }},
        {"evaluation", [](const util::FileView& file) { (void)latency::read_evaluation(file); }},
        {"latency", [](const util::FileView& file) { (void)latency::read_latency(file); }},
        {"plan", read_plan},
        {"preprocess", [](const util::FileView& file) { (void)dataset::read_preprocess(file); }},
        {"profile", [](const util::FileView& file) { (void)samples::read_profile(file); }},
        {"trace", read_trace},
    };
    return table;
}

}  // namespace

void check(std::string_view input) {
    constexpr std::string_view kSchema = "schema: convoy.";
    const std::size_t at = input.find(kSchema);
    if (at == std::string_view::npos) return;
    const std::string_view rest = input.substr(at + kSchema.size());
    const auto found = readers().find(rest.substr(0, rest.find('/')));
    if (found != readers().end()) found->second(file_of(std::string(input)));
}

}  // namespace convoy::fuzz
