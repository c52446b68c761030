#pragma once

#include <vector>

#include "engine/batch.hpp"
#include "engine/circumstances.hpp"
#include "samples/profile.hpp"

namespace convoy::engine {

/// A profile that is resumed. Its samples are handed out once each; what nobody asked for is still there at the end.
class Earlier {
  public:
    /// @param now  what is measured now: context, model and sweep, without samples
    /// @throws Error data, when `profile` is of another device, model or sweep, or of other versions
    Earlier(samples::Profile profile, const samples::Profile& now);

    /// nullptr when there is none (or it was handed out already).
    [[nodiscard]] const samples::LayerSample* take(const Target& target, const Condition& condition);
    [[nodiscard]] const samples::ModelSample* model(const Condition& condition) const;
    [[nodiscard]] const samples::Profile& profile() const noexcept { return profile_; }

    /// Adds all that `profile` lacks: other conditions, pieces whose turn did not come, codecs.
    void add_rest(samples::Profile& profile) const;

  private:
    samples::Profile profile_;
    std::vector<bool> taken_;  ///< of its layers
};

}  // namespace convoy::engine
