#include "runtime/record.hpp"

#include <bit>
#include <cstring>

#include "samples/profile.hpp"
#include "transport/bytes.hpp"
#include "util/error.hpp"

namespace convoy::runtime {
namespace {

using transport::ByteReader;
using transport::ByteWriter;

/// Nanoseconds: a monotonic clock stays within 2^63 of them for 292 years.
std::int64_t nanoseconds(util::Seconds time) { return static_cast<std::int64_t>(time.count() * 1e9); }
util::Seconds from_nanoseconds(std::int64_t time) { return util::Seconds(static_cast<double>(time) * 1e-9); }

void put(ByteWriter& out, const FrameRecord& record) {
    out.number(record.frame);
    out.number(nanoseconds(record.begin));
    out.number(nanoseconds(record.end));
    out.number(nanoseconds(record.compute));
    out.number(static_cast<std::uint32_t>(record.spans.size()));
    for (const Span& span : record.spans) {
        out.number(static_cast<std::uint8_t>(span.kind));
        out.number(static_cast<std::uint32_t>(span.stage));
        out.number(span.piece);
        out.number(nanoseconds(span.begin));
        out.number(nanoseconds(span.end));
        out.number(nanoseconds(span.waited));
    }
    out.number(static_cast<std::uint32_t>(record.passages.size()));
    for (const Passage& passage : record.passages) {
        out.number(passage.message);
        out.number(nanoseconds(passage.at));
    }
}

Span take_span(ByteReader& in) {
    Span span;
    const auto kind = in.number<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Span::Kind::send))
        throw util::Error(util::Errc::protocol, "a frame's record has an unknown kind of span");
    span.kind = static_cast<Span::Kind>(kind);
    span.stage = plan::StageId(in.number<std::uint32_t>());
    span.piece = in.number<std::uint32_t>();
    span.begin = from_nanoseconds(in.number<std::int64_t>());
    span.end = from_nanoseconds(in.number<std::int64_t>());
    span.waited = from_nanoseconds(in.number<std::int64_t>());
    if (span.waited.count() < 0) throw util::Error(util::Errc::protocol, "a frame's record has a wait below zero");
    return span;
}

/// Grows item by item, so that a false count ends with the bytes and not with the memory.
FrameRecord take_record(ByteReader& in) {
    FrameRecord record;
    record.frame = in.number<std::uint64_t>();
    record.begin = from_nanoseconds(in.number<std::int64_t>());
    record.end = from_nanoseconds(in.number<std::int64_t>());
    record.compute = from_nanoseconds(in.number<std::int64_t>());
    for (auto left = in.number<std::uint32_t>(); left > 0; --left) record.spans.push_back(take_span(in));
    for (auto left = in.number<std::uint32_t>(); left > 0; --left) {
        Passage passage;
        passage.message = in.number<std::uint32_t>();
        passage.at = from_nanoseconds(in.number<std::int64_t>());
        record.passages.push_back(passage);
    }
    return record;
}

}  // namespace

std::vector<std::byte> encode(const FinishedFrame& frame) {
    ByteWriter out;
    put(out, frame.record);
    out.number(static_cast<std::uint32_t>(frame.outputs.size()));
    for (const graph::Tensor& output : frame.outputs) {
        const graph::TensorView view = output.view();
        out.bytes({view.data(), static_cast<std::size_t>(view.bytes().value)});
    }
    return out.take();
}

std::vector<std::byte> encode(const Emulation& emulation) {
    ByteWriter out;
    out.number(std::bit_cast<std::uint64_t>(emulation.stretch));
    return out.take();
}

Emulation decode_emulation(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    const Emulation emulation{std::bit_cast<double>(in.number<std::uint64_t>())};
    in.finish();
    if (!(emulation.stretch >= 1 && emulation.stretch <= samples::kLargestStretch))
        throw util::Error(util::Errc::protocol, "a device is stretched by an impossible factor");
    return emulation;
}

std::vector<std::byte> encode(const DeviceTotals& totals) {
    ByteWriter out;
    out.number(static_cast<std::uint32_t>(totals.device));
    out.number(totals.peak_buffers.value);
    out.number(totals.peak_resident.value);
    out.number(totals.base_resident.value);
    out.number(static_cast<std::uint32_t>(totals.sent.size()));
    for (const SentTo& sent : totals.sent) {
        out.number(static_cast<std::uint32_t>(sent.receiver));
        out.number(sent.traffic.messages);
        out.number(sent.traffic.payload_bytes);
        out.number(sent.traffic.header_bytes);
    }
    return out.take();
}

DeviceTotals decode_totals(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    DeviceTotals totals;
    totals.device = plan::DeviceId(in.number<std::uint32_t>());
    totals.peak_buffers = util::Bytes(in.number<std::int64_t>());
    totals.peak_resident = util::Bytes(in.number<std::int64_t>());
    totals.base_resident = util::Bytes(in.number<std::int64_t>());
    for (auto left = in.number<std::uint32_t>(); left > 0; --left) {
        SentTo sent;
        sent.receiver = plan::DeviceId(in.number<std::uint32_t>());
        sent.traffic.messages = in.number<std::uint64_t>();
        sent.traffic.payload_bytes = in.number<std::uint64_t>();
        sent.traffic.header_bytes = in.number<std::uint64_t>();
        totals.sent.push_back(sent);
    }
    in.finish();
    return totals;
}

FinishedFrame decode_finished_frame(std::span<const std::byte> bytes, const graph::Graph& graph) {
    ByteReader in(bytes);
    FinishedFrame frame{take_record(in), {}};
    const auto outputs = in.number<std::uint32_t>();
    if (outputs != 0 && outputs != graph.outputs().size())
        throw util::Error(util::Errc::protocol, "a finished frame has another number of outputs than the model");
    for (std::uint32_t i = 0; i < outputs; ++i) {
        const graph::TensorInfo& info = graph.tensor(graph.outputs()[i]);
        graph::Tensor output({info.full}, info.element_bytes);
        const std::span<const std::byte> values = in.bytes(static_cast<std::size_t>(info.bytes().value));
        std::memcpy(output.view().data(), values.data(), values.size());
        frame.outputs.push_back(std::move(output));
    }
    in.finish();
    return frame;
}

}  // namespace convoy::runtime
