#include "compress_split/rows.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "compress/candidates.hpp"

namespace convoy::compress_split {

using util::Bytes;
using util::Seconds;

namespace {

constexpr std::int32_t kInputStage = -1;

std::string codec_name(const partition::Proposal& proposal, const partition::Problem& problem,
                       const samples::Transfer& transfer) {
    const auto tensor = problem.graph.find_tensor(transfer.tensor);
    if (!tensor) return "";
    const plan::Route& route = proposal.plan.routes.front();
    const auto& codecs = transfer.stage == kInputStage ? proposal.plan.wire
                                                       : route.stages.at(static_cast<std::size_t>(transfer.stage)).wire;
    const auto found = codecs.find(*tensor);
    return wire::to_string(found == codecs.end() ? wire::Codec::fp32 : found->second);
}

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

/// The device that computes last: what it is sent crosses the cut.
plan::DeviceId last_device(const plan::Plan& plan) { return plan.routes.front().stages.back().shares.front().device; }

std::vector<samples::Transfer> uploads_of(const partition::Proposal& proposal) {
    std::vector<samples::Transfer> uploads;
    const plan::DeviceId last = last_device(proposal.plan);
    if (last == proposal.plan.source) return uploads;
    for (const samples::Transfer& transfer : proposal.prediction.timeline.transfers) {
        if (transfer.to == index(last)) uploads.push_back(transfer);
    }
    return uploads;
}

}  // namespace

cost::CompressionRow row_of(std::string method, const partition::Problem& problem, const partition::Proposal& proposal,
                            std::optional<Bytes> jpeg) {
    cost::CompressionRow row;
    row.method = std::move(method);
    const compress::Size size = compress::size_of(problem.graph);
    row.flops = size.flops;
    row.parameters = size.parameters;
    const cost::Prediction& prediction = proposal.prediction;
    row.latency = prediction.latency();
    const plan::DeviceId last = last_device(proposal.plan);
    row.edge = prediction.compute[index(proposal.plan.source)];
    if (last != proposal.plan.source) row.cloud = prediction.compute[index(last)];
    row.transfer = std::max(Seconds{}, row.latency - row.edge - row.cloud);
    std::vector<std::string> tensors;
    std::vector<std::string> codecs;
    bool input = true;
    for (const samples::Transfer& upload : uploads_of(proposal)) {
        row.bytes += upload.bytes;
        input = input && upload.stage == kInputStage;
        add_once(tensors, upload.tensor);
        add_once(codecs, codec_name(proposal, problem, upload));
    }
    row.codec = fmt::format("{}", fmt::join(codecs, "+"));
    row.cut = tensors.empty() ? "output" : input ? "input" : fmt::format("{}", fmt::join(tensors, "+"));
    if (tensors.size() != 1 || !input) return row;
    const std::vector<std::size_t> devices = cost::bed_devices(proposal.plan, problem.bed);
    const std::size_t source = problem.bed.cluster().source;
    const std::size_t cloud = devices.at(index(last));
    const auto with = [&](Bytes bytes) {
        return row.latency + problem.bed.occupancy(source, cloud, bytes) -
               problem.bed.occupancy(source, cloud, row.bytes);
    };
    row.latency_float32 = with(problem.graph.tensor(problem.graph.find_tensor(tensors.front()).value()).bytes());
    if (jpeg) row.latency_jpeg = with(*jpeg);
    return row;
}

cost::CompressionScore written(const Score& score) {
    return {score.accuracy, score.agreement, score.relative_error, score.loss.drop, score.loss.error};
}

}  // namespace convoy::compress_split
