#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "util/random.hpp"
#include "zoo/builder.hpp"

namespace convoy::zoo {
namespace {

using google::protobuf::io::CodedOutputStream;

// Field numbers of onnx.proto whose contents are too large to be handed to protobuf in one piece.
constexpr std::uint32_t kModelGraph = 7;
constexpr std::uint32_t kGraphInitializer = 5;
constexpr std::uint32_t kTensorRawData = 9;

/// Tag and length of a length-delimited field.
std::string field_header(std::uint32_t number, std::uint64_t length) {
    std::string header;
    google::protobuf::io::StringOutputStream stream(&header);
    CodedOutputStream coded(&stream);
    coded.WriteTag(number << 3 | 2);
    coded.WriteVarint64(length);
    coded.Trim();
    return header;
}

/// SplitMix64 (Steele et al., OOPSLA 2014): one weight is a few instructions, where vgg16 has 138 million.
class Bits {
  public:
    explicit Bits(std::uint64_t state) : state_(state) {}
    std::uint64_t operator()() {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        return mixed ^ mixed >> 31;
    }

  private:
    std::uint64_t state_;
};

/// The sum of four 16-bit uniforms, less its mean: nearly normal, and a few instructions.
std::int32_t centred_sum(std::uint64_t bits) {
    constexpr std::int32_t kMean = 2 * 65535;
    return static_cast<std::int32_t>((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)) -
           kMean;
}

void draw_normal(std::span<float> values, const Filling& filling, Bits& bits) {
    const auto centre = static_cast<float>(filling.centre);
    const auto step = static_cast<float>(filling.spread / std::sqrt(4 * (65536.0 * 65536.0 - 1) / 12));
    for (float& value : values) value = centre + step * static_cast<float>(centred_sum(bits()));
}

void draw_uniform(std::span<float> values, const Filling& filling, Bits& bits) {
    for (float& value : values) {
        const double unit = static_cast<double>(bits() >> 11) * 0x1.0p-52 - 1;
        value = static_cast<float>(filling.centre + filling.spread * unit);
    }
}

void centre(std::span<float> values, std::size_t run) {
    for (; values.size() >= run; values = values.subspan(run)) {
        const auto filter = values.first(run);
        const double sum = std::accumulate(filter.begin(), filter.end(), 0.0);
        for (float& value : filter) value -= static_cast<float>(sum / static_cast<double>(run));
    }
}

void write_values(std::int64_t count, const Filling& filling, Bits bits, const Model::Sink& sink) {
    const std::int64_t full = std::max<std::int64_t>(1, (1 << 16) / filling.run) * filling.run;
    std::vector<float> chunk(static_cast<std::size_t>(std::min(count, full)));
    for (; count > 0; count -= full) {
        const auto values = std::span(chunk).first(static_cast<std::size_t>(std::min(count, full)));
        (filling.kind == Filling::Kind::normal ? draw_normal : draw_uniform)(values, filling, bits);
        if (filling.run > 1) centre(values, static_cast<std::size_t>(filling.run));
        sink({reinterpret_cast<const char*>(values.data()), values.size_bytes()});
    }
}

/// An initializer without its values, in the wire format, and how many values follow.
struct Head {
    std::string bytes;  ///< up to and including the header of raw_data
    std::int64_t values{};
    [[nodiscard]] std::uint64_t length() const noexcept {
        return bytes.size() + 4 * static_cast<std::uint64_t>(values);
    }
};

Head head_of(const onnx::TensorProto& tensor) {
    Head head{tensor.SerializeAsString(), 1};
    for (const std::int64_t dim : tensor.dims()) head.values *= dim;
    head.bytes += field_header(kTensorRawData, 4 * static_cast<std::uint64_t>(head.values));
    return head;
}

}  // namespace

Model::Model(std::unique_ptr<onnx::ModelProto> skeleton, std::vector<Filling> fillings)
    : skeleton_(std::move(skeleton)), fillings_(std::move(fillings)) {}
Model::Model(Model&&) noexcept = default;
Model::~Model() = default;

void Model::write(std::uint64_t seed, const Sink& sink) const {
    std::vector<Head> heads;
    std::uint64_t weights_length = 0;
    for (const onnx::TensorProto& tensor : skeleton_->graph().initializer()) {
        const Head& head = heads.emplace_back(head_of(tensor));
        weights_length += field_header(kGraphInitializer, head.length()).size() + head.length();
    }
    onnx::ModelProto rest = *skeleton_;
    onnx::GraphProto graph = rest.graph();
    rest.clear_graph();
    graph.clear_initializer();

    const std::string nodes = graph.SerializeAsString();
    sink(rest.SerializeAsString());
    sink(field_header(kModelGraph, nodes.size() + weights_length));
    sink(nodes);
    util::Random random(seed);
    for (std::size_t i = 0; i < heads.size(); ++i) {
        sink(field_header(kGraphInitializer, heads[i].length()));
        sink(heads[i].bytes);
        write_values(heads[i].values, fillings_[i], Bits(random.bits()), sink);
    }
}

}  // namespace convoy::zoo
