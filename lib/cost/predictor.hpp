#pragma once

#include <memory>

#include "cost/prediction.hpp"

namespace convoy::cost {

namespace detail {
class WorkTimes;
}

/// Predicts many plans of one graph on one bed: each piece of work is described and timed only once.
///
/// Keeps references to both, which must outlive it. Not thread-safe: one for each thread.
class Predictor {
  public:
    Predictor(const graph::Graph& graph, const latency::Bed& bed);
    ~Predictor();
    Predictor(Predictor&&) noexcept;
    Predictor& operator=(Predictor&&) = delete;

    /// The same as cost::predict.
    [[nodiscard]] Prediction predict(const plan::Plan& plan, const plan::Compiled& compiled);
    /// Time of one operator's work on a device of the bed, the piece's overhead left out.
    [[nodiscard]] util::Seconds time(std::size_t device, const graph::Work& work);
    /// Time of adding up so many addends of a part of a tensor on a device of the bed.
    [[nodiscard]] util::Seconds sum_time(std::size_t device, graph::TensorId tensor, const graph::Box& part,
                                         std::size_t addends) const;

  private:
    const graph::Graph& graph_;
    const latency::Bed& bed_;
    std::unique_ptr<detail::WorkTimes> times_;
};

}  // namespace convoy::cost
