#include "partition/iop.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <limits>
#include <map>

#include "partition/iop_dp.hpp"
#include "planning.hpp"
#include "util/error.hpp"

using namespace convoy;
using namespace convoy::partition::detail;
using Way = Decision::Way;

namespace {

util::Bytes bytes_between(const plan::Plan& plan, const graph::Graph& graph) {
    const plan::Compiled compiled(plan, graph);
    util::Bytes bytes;
    for (const plan::Message& message : compiled.messages(0)) {
        if (message.stage != plan::kInputStage) bytes += message.payload;
    }
    return bytes;
}

/// The largest of any operator that a device runs: its weights, what it reads and what it makes.
double largest_operator(const plan::Plan& plan, const graph::Graph& graph) {
    const plan::Compiled compiled(plan, graph);
    double largest = 0;
    for (std::uint32_t d = 0; d < plan.devices.size(); ++d) {
        for (const plan::Step& step : compiled.program(0, plan::DeviceId{d}).steps) {
            const auto* run = std::get_if<plan::Run>(&step);
            if (run == nullptr) continue;
            for (const graph::Work& work : run->works) {
                const auto elements =
                    work.outputs.front().volume() + graph::needed(graph, work.op, 0, work.outputs, work.in).volume();
                const auto bytes = graph::weight_bytes(graph, work).value + 4 * elements;
                largest = std::max(largest, static_cast<double>(bytes));
            }
        }
    }
    return largest;
}

/// All sequences of decisions from an element on.
void for_each_sequence(Interleave& space, std::vector<Decision>& decisions, std::size_t element,
                       const std::function<void(const std::vector<Decision>&)>& visit) {
    if (element == space.size()) return visit(decisions);
    for (const Decision& decision : space.decisions(element)) {
        decisions.push_back(decision);
        for_each_sequence(space, decisions, element + decision.elements(), visit);
        decisions.pop_back();
    }
}

/// A chain of convolutions and fully connected layers on all devices of a bed.
struct Chain {
    Chain(const graph::Graph& graph, latency::Bed bed, Room room = {})
        : planning(graph, std::move(bed), 2), slices(planning.problem), elements(elements_of(graph, "iop")) {
        const std::size_t count = planning.bed.cluster().devices.size();
        if (room.empty()) room.assign(count, std::numeric_limits<double>::infinity());
        std::vector<std::size_t> devices;
        for (std::size_t d = 0; d < count; ++d) devices.push_back(d);
        planning.problem.least_devices = count;
        space.emplace(planning.problem, slices, elements, devices, room);
    }

    test::Planning planning;
    Slices slices;
    std::vector<Element> elements;
    std::optional<Interleave> space;
};

std::string ways(const std::vector<Decision>& decisions) {
    std::string text;
    for (const Decision& decision : decisions) {
        static const std::map<Way, char> kLetters{
            {Way::rows, 'r'}, {Way::device, 'd'}, {Way::channels, 'c'}, {Way::pair, 'p'}};
        text += kLetters.at(decision.way);
    }
    return text;
}

/// Costs of the dynamic programme's and of the cheapest of all sequences.
void check_against_all(Chain& chain) {
    util::Seconds cheapest(std::numeric_limits<double>::infinity());
    std::vector<Decision> decisions;
    for_each_sequence(*chain.space, decisions, 0, [&](const std::vector<Decision>& sequence) {
        if (const auto cost = chain.space->cost(sequence)) cheapest = std::min(cheapest, *cost);
    });
    const auto found = cheapest_decisions(*chain.space);
    if (found.empty()) {
        CHECK(cheapest.count() == std::numeric_limits<double>::infinity());
        return;
    }
    INFO(ways(found.front()));
    CHECK(chain.space->cost(found.front()).value().count() == Approx(cheapest.count()).epsilon(1e-12));
}

double weights_of(const graph::Graph& graph) {
    double bytes = 0;
    for (std::uint32_t op = 0; op < graph.operators().size(); ++op) {
        const graph::Work work = graph::whole_work(graph, graph::OperatorId{op});
        bytes += static_cast<double>(graph::weight_bytes(graph, work).value);
    }
    return bytes;
}

latency::Bed equal_devices(std::size_t count, double rate = 1e9) {
    return test::bed(std::vector<double>(count, rate),
                     {util::BytesPerSecond(100 * test::kMbit), util::Seconds(1e-3), {}}, cluster::Medium::shared);
}

/// What our check of the paper's claim counts, all pairs taken, three equal devices.
struct PaperCheck {
    const char* model;
    std::size_t segments;     ///< of IOP
    std::size_t oc_rounds;    ///< all-gathers
    graph::Index oc_values;   ///< outputs behind pools, but for the model's
    graph::Index sum_values;  ///< outputs of pairs, before pools
    graph::Index all_values;  ///< of these, behind pools, what every device needs next
    graph::Index outputs;
    bool ends_in_pair;
    graph::Index last_sum;  ///< of sum_values, of a pair in front of a single last layer
};

void check_paper(const PaperCheck& check) {
    INFO(check.model);
    const graph::Graph graph = test::zoo_graph(check.model);
    const test::Planning planning(graph, equal_devices(3), 3);
    const partition::Proposal oc = planning.proposal("oc");
    CHECK(oc.prediction.rounds == check.oc_rounds + 1);  // and the input's
    const graph::Index own = (check.outputs + 2) / 3;
    CHECK(bytes_between(oc.plan, graph) == util::Bytes(4 * (2 * check.oc_values + check.outputs - own)));

    const partition::Proposal star = planning.proposal("iop:pairs=all,sum=star");
    const graph::Index last = check.ends_in_pair ? 2 * check.outputs : 0;
    CHECK(bytes_between(star.plan, graph) == util::Bytes(8 * (check.sum_values + check.all_values) + 4 * last));
    const partition::Proposal direct = planning.proposal("iop:pairs=all,sum=direct");
    const graph::Index spared = check.ends_in_pair ? 0 : 16 * check.last_sum;  // the last layer is on one device
    CHECK(bytes_between(direct.plan, graph) == util::Bytes(24 * check.sum_values + 4 * last - spared));
    Chain chain(graph, equal_devices(3));
    const std::vector<Decision::Sum> sums{Decision::Sum::star};
    CHECK(interleave_greedily(*chain.space, sums, true).size() == check.segments);
}

/// How much less memory the largest operator takes on two devices than with CoEdge, which has it whole on one.
double largest_falls_by(const std::string& model) {
    const graph::Graph graph = test::zoo_graph(model);
    Chain chain(graph, equal_devices(2));
    std::vector<Decision> coedge;
    for (const Element& element : chain.elements) coedge.push_back({element.rows ? Way::rows : Way::device, 0, {}});
    const test::Planning planning(graph, equal_devices(2));
    return 1 - largest_operator(planning.proposal("iop:pairs=all").plan, graph) /
                   largest_operator(chain.space->plan(coedge).value(), graph);
}

}  // namespace

TEST_CASE("partition: iop's rounds and bytes for lenet5 are those of the papers' formulas", "[partition]") {
    // 5 rounds and 14 kB for OC; 3 segments, 17 kB with a gather and a broadcast, 40 kB sent directly.
    check_paper({"lenet5", 3, 5, 1176 + 400 + 120 + 84, 1600 + 84, 400, 10, false, 84});
    CHECK(largest_falls_by("lenet5") == Approx(0.496).epsilon(0.002));
}

TEST_CASE("partition: iop's rounds and bytes for alexnet and vgg11", "[partition][long]") {
    // 8 / 4, 1,645 kB, 2,153 kB, 4,520 kB.
    check_paper({"alexnet", 4, 8, 46656 + 32448 + 64896 + 43264 + 9216 + 4096 + 4096, 139968 + 43264 + 4096,
                 32448 + 43264 + 4096, 1000, true, 0});
    // 11 / 6, 22,753 kB, 29,176 kB, 69,951 kB.
    check_paper({"vgg11", 6, 11,
                 64 * 12544 + 128 * 3136 + 256 * 3136 + 256 * 784 + 512 * 784 + 512 * 196 + 512 * 196 + 512 * 49 + 8192,
                 128 * 12544 + 256 * 3136 + 512 * 784 + 512 * 196 + 4096, 128 * 3136 + 256 * 784 + 512 * 196 + 512 * 49,
                 1000, false, 4096});
    for (const char* model : {"alexnet", "vgg11"}) {
        INFO(model);
        CHECK(largest_falls_by(model) > 0.496);
        CHECK(largest_falls_by(model) <= 0.5 + 1e-9);  // an addend needs no bias
    }
}

TEST_CASE("partition: iop pairs what is fully connected, and shares convolutions by rows", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 8, 32, 32});
    for (int i = 0; i < 4; ++i) at = model.conv("conv" + std::to_string(i), at, 32, 3, 1, "relu" + std::to_string(i));
    at = model.gemm("fc1", at, 512);
    const graph::Graph graph = model.finish({model.gemm("fc2", at, 64)});
    const std::vector<Decision::Sum> sums{Decision::Sum::star, Decision::Sum::direct, Decision::Sum::scatter};
    const auto greedy = [&](double rate, double mbit, double start_up) {
        Chain chain(graph, test::bed({rate, rate, rate},
                                     {util::BytesPerSecond(mbit * test::kMbit), util::Seconds(start_up), {}}));
        return ways(interleave_greedily(*chain.space, sums, false));
    };
    CHECK(greedy(1e7, 10, 1e-5) == "rrrpd");   // bytes count: halos are few, addends many
    CHECK(greedy(1e7, 1e5, 1e-5) == "rrrpd");  // computing counts: channels gain nothing over rows
}

TEST_CASE("partition: iop takes pairs where memory leaves no single", "[partition]") {
    test::Model model;
    graph::TensorId at = model.input("x", {1, 8, 8, 8});
    at = model.conv("conv", at, 8);
    at = model.gemm("fc1", at, 2000);
    const graph::Graph graph = model.finish({model.gemm("fc2", at, 500)});
    const latency::Bed bed = test::bed({1e9, 1e9}, {util::BytesPerSecond(0.1 * test::kMbit), util::Seconds(0.1), {}});
    const double weights = weights_of(graph);
    Chain free(graph, bed);
    const std::vector<Decision::Sum> sums{Decision::Sum::star};
    CHECK(ways(interleave_greedily(*free.space, sums, false)).find('p') == std::string::npos);
    const Room room(2, 0.6 * weights);
    Chain tight(graph, bed, room);
    const auto decisions = interleave_greedily(*tight.space, sums, false);
    CHECK(ways(decisions).find('p') != std::string::npos);

    const auto memory = util::Bytes(static_cast<graph::Index>(0.7 * weights)) + plan::kProcessMemory;
    const test::Planning planning(graph, test::with_memory(bed, memory));
    for (const char* strategy : {"iop", "iop-dp"}) {
        for (const util::Bytes peak : planning.proposal(strategy).prediction.peak_memory) CHECK(peak <= memory);
    }
    const test::Planning hopeless(graph, test::with_memory(bed, util::Bytes(3 << 20)));
    for (const char* strategy : {"iop", "iop-dp"}) CHECK_THROWS_AS(hopeless.proposal(strategy), util::Error);
}

TEST_CASE("partition: iop-dp finds the cheapest of all sequences of decisions", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        INFO("seed " << seed);
        util::Random random(seed);
        const graph::Graph graph = test::random_classifier(random, 2, 2);
        Chain chain(graph, test::random_planning_bed(random, 2 + seed % 2));
        check_against_all(chain);
    }
}

TEST_CASE("partition: iop-dp finds the cheapest sequence that memory allows", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        INFO("seed " << seed);
        util::Random random(100 + seed);
        const graph::Graph graph = test::random_classifier(random, 2, 2);
        const latency::Bed bed = test::random_planning_bed(random, 2);
        const double weights = weights_of(graph);
        Chain chain(graph, bed,
                    Room{weights * (0.3 + 0.6 * random.uniform()), weights * (0.3 + 0.6 * random.uniform())});
        check_against_all(chain);
    }
}

TEST_CASE("partition: iop-dp's plan is the fastest of all sequences on the simulator", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("seed " << seed);
        util::Random random(200 + seed);
        const graph::Graph graph = test::random_classifier(random, 2, 1);
        Chain chain(graph, test::random_planning_bed(random, 2));
        util::Seconds fastest(std::numeric_limits<double>::infinity());
        std::vector<Decision> decisions;
        std::string best;
        for_each_sequence(*chain.space, decisions, 0, [&](const std::vector<Decision>& sequence) {
            auto plan = chain.space->plan(sequence);
            if (!plan || computing_devices(*plan) < 2) return;
            const auto latency = evaluate(chain.planning.problem, std::move(*plan)).prediction.latency();
            if (latency < fastest) best = ways(sequence);
            fastest = std::min(fastest, latency);
        });
        INFO(best);
        CHECK(chain.planning.proposal("iop-dp").prediction.latency().count() == Approx(fastest.count()).epsilon(1e-9));
    }
}

TEST_CASE("partition: iop-dp is never slower than iop", "[partition]") {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        INFO("seed " << seed);
        util::Random random(300 + seed);
        const graph::Graph graph = test::random_classifier(random, 3, 2);
        const test::Planning planning(graph, test::random_planning_bed(random, 3), 3);
        CHECK(planning.proposal("iop-dp").prediction.latency() <= planning.proposal("iop").prediction.latency());
    }
}

TEST_CASE("partition: iop takes blocks as operators and refuses a model that is one", "[partition]") {
    test::Model model;
    const graph::TensorId x = model.input("x", {1, 8, 12, 12});
    const graph::TensorId one = model.conv("one", x, 8);
    const graph::TensorId two = model.conv("two", one, 8);
    const graph::TensorId sum = model.add("sum", two, one);
    const graph::Graph graph = model.finish({model.gemm("fc", sum, 10)});
    const std::vector<Element> elements = elements_of(graph, "iop");
    REQUIRE(elements.size() == 3);
    CHECK(elements[1].range.begin == 1);
    CHECK(elements[1].range.end == 3);
    CHECK_FALSE(elements[1].filters);
    CHECK(elements[1].rows);
    CHECK_FALSE(elements[2].joins);  // behind a block

    test::Model block;
    const graph::TensorId y = block.input("y", {1, 8, 12, 12});
    const graph::Graph one_block =
        block.finish({block.add("sum", block.conv("left", y, 8), block.conv("right", y, 8))});
    const test::Planning planning(one_block, equal_devices(2));
    for (const char* strategy : {"iop", "iop-dp"}) {
        try {
            (void)planning.proposal(strategy);
            FAIL("accepted");
        } catch (const util::Error& error) {
            CHECK(error.code() == util::Errc::impossible);
        }
    }
}
