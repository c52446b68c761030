#include <catch2/catch.hpp>

#include "plan/plan_file.hpp"
#include "runtime/coordinator.hpp"
#include "runtime/shipping_support.hpp"
#include "runtime/weight_ranges.hpp"
#include "util/hash.hpp"
#include "zoo/builder.hpp"

using namespace convoy;
using runtime::ModelManifest;
using runtime::ModelStore;
using test::cached_in;
using test::deployment_of;
using test::DirectSource;
using test::error_of;
using test::ScratchFolder;
using test::ZooModel;
using util::Errc;

namespace {

std::vector<runtime::ChunkPart> parts_of(const graph::Graph& graph, const graph::Work& work,
                                         const ModelManifest& manifest) {
    runtime::WantedParts wanted(manifest);
    runtime::for_weights_in_file(graph, work, [&](const runtime::ByteRange& range) { wanted.add(range); });
    return wanted.parts();
}

}  // namespace

TEST_CASE("shipping: a manifest survives the network, and nonsense is refused", "[runtime]") {
    const ZooModel model;
    const ModelManifest manifest = runtime::make_manifest(model.graph, util::FileView::open(model.file));
    CHECK(manifest.sha256 == model.graph.sha256());
    CHECK(manifest.deferred.size() > 20);
    const std::vector<std::byte> bytes = runtime::encode(manifest);
    CHECK(runtime::decode_manifest(bytes) == manifest);
    for (std::size_t size = 0; size < bytes.size(); size += 97)
        CHECK(error_of([&] { (void)runtime::decode_manifest(std::span(bytes).first(size)); }).code() == Errc::protocol);
    constexpr std::size_t kSizeAt = 64;
    constexpr std::size_t kLeafBytesAt = 76;
    constexpr std::size_t kCountAt = 80;
    for (const std::size_t at : {kSizeAt + 3, kSizeAt + 7, kSizeAt + 8, kLeafBytesAt, kCountAt, kCountAt + 3}) {
        std::vector<std::byte> wrong = bytes;
        wrong[at] ^= std::byte{0x40};
        INFO(at);
        CHECK(error_of([&] { (void)runtime::decode_manifest(wrong); }).code() == Errc::protocol);
    }
    ModelManifest overlapping = manifest;
    overlapping.deferred[1].begin = overlapping.deferred[0].end - 1;
    CHECK(error_of([&] { (void)runtime::decode_manifest(runtime::encode(overlapping)); }).code() == Errc::protocol);
    overlapping = manifest;
    overlapping.deferred.back().end = manifest.size + 1;
    CHECK(error_of([&] { (void)runtime::decode_manifest(runtime::encode(overlapping)); }).code() == Errc::protocol);
}

TEST_CASE("shipping: a worker gets the model once, and resumes where it was cut off", "[runtime]") {
    const ZooModel model;
    const ScratchFolder folder;
    const std::size_t all = util::FileView::open(model.file).bytes().size() / ModelManifest::kChunkBytes + 1;
    DirectSource source(model);
    runtime::RemoteModel remote = source.remote();
    source.chunks_until_loss = 7;
    ModelStore first(cached_in(folder.path));
    CHECK(error_of([&] { (void)first.find(deployment_of(model), remote, false); }).code() == Errc::unavailable);

    DirectSource again(model);
    runtime::RemoteModel remote_again = again.remote();
    ModelStore second(cached_in(folder.path));
    const runtime::FoundModel found = second.find(deployment_of(model), remote_again, false);
    CHECK(again.chunks == all - 7);
    CHECK_FALSE(found.rest);
    CHECK(found.model->graph.sha256() == model.graph.sha256());

    DirectSource never(model);
    runtime::RemoteModel remote_never = never.remote();
    ModelStore warm(cached_in(folder.path));
    (void)warm.find(deployment_of(model), remote_never, true);
    CHECK(never.chunks == 0);
    const auto file = folder.path / (model.graph.sha256() + ".onnx");
    CHECK(util::FileView::open(file.string()).text() == util::FileView::open(model.file).text());
}

TEST_CASE("shipping: a damaged model in the cache is replaced", "[runtime]") {
    const ZooModel model;
    const ScratchFolder folder;
    util::write_file((folder.path / (model.graph.sha256() + ".onnx")).string(), "damaged");
    DirectSource source(model);
    runtime::RemoteModel remote = source.remote();
    ModelStore store(cached_in(folder.path));
    CHECK(store.find(deployment_of(model), remote, false).model->graph.sha256() == model.graph.sha256());
    CHECK(source.chunks > 0);
}

TEST_CASE("shipping: who lies about length, hash or number is refused", "[runtime]") {
    const ZooModel model;
    const auto refusal = [&](const std::function<void(runtime::ControlMessage&)>& spoil) {
        const ScratchFolder folder;
        DirectSource source(model);
        source.spoil = spoil;
        runtime::RemoteModel remote = source.remote();
        ModelStore store(cached_in(folder.path));
        const util::Error error = error_of([&] { (void)store.find(deployment_of(model), remote, false); });
        CHECK_FALSE(std::filesystem::exists(folder.path / (model.graph.sha256() + ".onnx")));
        return error;
    };
    const auto of_chunk = [](std::uint64_t number, const auto& change) {
        return [number, change](runtime::ControlMessage& message) {
            if (message.header.kind == transport::Kind::weights && message.header.frame == number) change(message);
        };
    };
    const util::Error content = refusal(of_chunk(3, [](auto& message) { message.payload.data()[5] ^= std::byte{1}; }));
    CHECK(content.code() == Errc::protocol);
    CHECK_THAT(content.message(), Catch::Contains("chunk 3") && Catch::Contains("hash"));
    const util::Error length = refusal(of_chunk(3, [](auto& message) { message.payload = transport::Buffer(17); }));
    CHECK(length.code() == Errc::protocol);
    CHECK_THAT(length.message(), Catch::Contains("17 bytes instead of 65536"));
    const util::Error twice = refusal(of_chunk(3, [](auto& message) { message.header.frame = 2; }));
    CHECK_THAT(twice.message(), Catch::Contains("chunk 2 of the model came unasked"));
    const util::Error far = refusal(of_chunk(3, [](auto& message) { message.header.frame = 1ULL << 40; }));
    CHECK(far.code() == Errc::protocol);
    const util::Error another = refusal([](runtime::ControlMessage& message) {
        if (message.header.kind == transport::Kind::model_manifest) message.payload.data()[0] ^= std::byte{1};
    });
    CHECK_THAT(another.message(), Catch::Contains("was offered where"));
    // Only the hash of the whole file can tell this one.
    const util::Error whole = refusal([&](runtime::ControlMessage& message) {
        constexpr std::size_t kDigestsAt = 84;
        transport::Buffer& payload = message.payload;
        if (message.header.kind == transport::Kind::weights && message.header.frame == 0) payload.data()[9] = {};
        if (message.header.kind != transport::Kind::model_manifest) return;
        std::string spoiled(util::FileView::open(model.file).text().substr(0, ModelManifest::kChunkBytes));
        spoiled[9] = '\0';
        const util::Digest digest = runtime::chunk_digest(runtime::leaf_digests(std::as_bytes(std::span(spoiled))));
        std::copy(digest.begin(), digest.end(), payload.data() + kDigestsAt);
    });
    CHECK(whole.code() == Errc::protocol);
}

TEST_CASE("shipping: the coordinator refuses requests that no worker needs", "[runtime]") {
    const ZooModel model;
    runtime::ModelServer server(model.graph, model.file);
    std::size_t sent = 0;
    const auto ask = [&](std::vector<std::uint32_t> numbers) {
        return error_of([&] {
            server.answer(runtime::LinkId{1}, std::as_bytes(std::span(numbers)),
                          [&](const transport::Header&, const transport::Payload&) { ++sent; });
        });
    };
    CHECK(ask({1, 999999, 1, 0}).code() == Errc::protocol);
    CHECK(ask({2, 0, 1, 0}).code() == Errc::protocol);
    CHECK(ask({0xFFFFFFFFU}).code() == Errc::protocol);
    CHECK(ask({1, 0, 1, 0, 0}).code() == Errc::protocol);
    const auto last_chunk = static_cast<std::uint32_t>(
        runtime::make_manifest(model.graph, util::FileView::open(model.file)).chunk_count() - 1);
    for (const util::Error& error : {ask({1, 0, 0, 0}), ask({1, last_chunk, 0, 0x80000000U})}) {
        CHECK(error.code() == Errc::protocol);
        CHECK_THAT(error.message(), Catch::Contains("that it has not"));
    }
    CHECK(sent == 0);
    util::Error last = ask({1, 0, 1, 0});
    CHECK(sent == 1);
    for (int i = 0; i < 1000 && last.code() == Errc::internal; ++i) last = ask({1, 0, 1, 0});
    CHECK_THAT(last.message(), Catch::Contains("again and again"));
    runtime::ModelServer other(model.graph, "/etc/hostname");
    const std::vector<std::uint32_t> manifest{0};
    const util::Error changed = error_of([&] {
        other.answer(runtime::LinkId{1}, std::as_bytes(std::span(manifest)),
                     [](const transport::Header&, const transport::Payload&) {});
    });
    CHECK(changed.code() == Errc::no_input);
}

TEST_CASE("shipping: a small device gets the weights of its share only", "[runtime]") {
    const ZooModel model;
    const ScratchFolder folder;
    DirectSource source(model);
    runtime::RemoteModel remote = source.remote();
    ModelStore store(cached_in(folder.path));
    runtime::FoundModel found = store.find(deployment_of(model), remote, true);
    REQUIRE(found.rest);
    const std::size_t all = found.rest->manifest().chunk_count();
    CHECK(source.chunks < all / 2);
    CHECK(found.model->graph.sha256() == model.graph.sha256());
    CHECK(runtime::structure_hash(found.model->graph) == runtime::structure_hash(model.graph));

    const auto is_convolution = [](const graph::Operator& op) { return op.kind == graph::Kind::convolution; };
    const auto& operators = found.model->graph.operators();
    const auto last = std::find_if(operators.rbegin(), operators.rend(), is_convolution);
    const auto last_id = static_cast<graph::OperatorId>(operators.rend() - last - 1);
    const graph::Graph& graph = found.model->graph;
    graph::Work work = graph::whole_work(graph, last_id);
    work.outputs[0].c = {{0, last->weights->dims[0] / 2}};
    const std::vector<runtime::ChunkPart> half = parts_of(graph, work, found.rest->manifest());
    REQUIRE_FALSE(half.empty());
    found.rest->fetch(half, remote);
    const std::size_t with_half = source.chunks;
    CHECK(with_half < all);
    const auto& original = model.graph.op(last_id);
    const auto size = static_cast<std::ptrdiff_t>(last->weights->data.size() / 2);
    CHECK(std::equal(last->weights->data.begin(), last->weights->data.begin() + size, original.weights->data.begin()));
    found.rest->fetch(half, remote);
    CHECK(source.chunks == with_half);  // nothing twice
    const std::size_t half_bytes = last->weights->data.size() / 2;
    found.rest.reset();

    // What is there already counts when the whole model is wanted later.
    std::size_t bytes = 0;
    source.spoil = [&](const runtime::ControlMessage& message) {
        if (message.header.kind == transport::Kind::weights) bytes += message.payload.bytes().size();
    };
    ModelStore later(cached_in(folder.path));
    (void)later.find(deployment_of(model), remote, false);
    CHECK(bytes < util::FileView::open(model.file).bytes().size() - half_bytes);
}

TEST_CASE("shipping: of weights that are cut along the inputs only the leaves come that hold their part", "[runtime]") {
    zoo::Builder net("wide");
    const zoo::Value map = net.relu("relu", net.conv("conv", net.input(3, 8, 8), {64, 3, 1, 1}));
    const ZooModel model(net.finish(net.fc("fc", net.flatten("flatten", map), 50)));
    const ScratchFolder folder;
    DirectSource source(model);
    std::size_t bytes = 0;
    source.spoil = [&](const runtime::ControlMessage& message) {
        if (message.header.kind == transport::Kind::weights) bytes += message.payload.bytes().size();
    };
    runtime::RemoteModel remote = source.remote();
    ModelStore store(cached_in(folder.path));
    runtime::FoundModel found = store.find(deployment_of(model), remote, true);
    REQUIRE(found.rest);
    const graph::Graph& graph = found.model->graph;
    const graph::OperatorId fc = graph.find_operator("fc").value();
    graph::Work work = graph::whole_work(graph, fc);
    work.in = graph.tensor(graph.op(fc).inputs[0]).full;
    constexpr std::size_t kRow = std::size_t{64} * 8 * 8 * sizeof(float);
    constexpr std::size_t kBegin = kRow / 64 * 20;
    constexpr std::size_t kPart = kRow / 64 * 21;
    (*work.in)[graph::Axis::c] = {20, 41};
    const std::vector<runtime::ChunkPart> parts = parts_of(graph, work, found.rest->manifest());
    bytes = 0;
    found.rest->fetch(parts, remote);
    CHECK(bytes >= 50 * kPart);
    // At either end of a row's part a leaf that holds other weights, too; and the hashes of each chunk's leaves.
    CHECK(bytes <= 50 * (kPart + 2 * ModelManifest::kLeafBytes) + parts.size() * 2048);
    CHECK(bytes < 50 * kRow / 2);
    const auto row = [&](const graph::Graph& of, std::size_t r) {
        return of.op(fc).weights->data.subspan(r * kRow + kBegin, kPart);
    };
    for (std::size_t r = 0; r < 50; ++r) CHECK(std::ranges::equal(row(graph, r), row(model.graph, r)));
    CHECK(found.rest->partial().missing(parts).empty());
}
