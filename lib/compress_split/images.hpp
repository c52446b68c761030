#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compress/calibration.hpp"
#include "dataset/inputs.hpp"
#include "util/units.hpp"

namespace convoy::compress_split {

/// What an image is used for; none for two things.
enum class Use : std::uint8_t {
    calibration,  ///< layers are fitted to it
    selection,    ///< what is measured on it decides between models
    check,        ///< what is told of a model, and whether it keeps to its budget
};

/// Shuffled by the seed: 30 % to select, 30 % to check, the rest to calibrate.
/// 30 %, 30 %, the rest to calibration.
struct Split {
    std::vector<std::size_t> calibration;
    std::vector<std::size_t> selection;
    std::vector<std::size_t> check;
};
inline constexpr std::size_t kLeastImages = 10;
/// @throws Error impossible, for fewer than kLeastImages
[[nodiscard]] Split split_of(std::size_t images, std::uint64_t seed);

/// Images with their labels, dealt out to their uses. All are read at once, so that an unreadable one is noticed before
/// work begins; they stay in memory up to half a gigabyte.
class Images {
  public:
    struct Source {
        std::vector<std::string> paths;  ///< images, folders of them, .npy files
        std::optional<dataset::Preprocess> preprocess;
        std::optional<std::string> labels;  ///< CSV file,label
        std::uint64_t seed = 1;
    };
    /// @throws Error no_input, data: unreadable images, images without a label, labels beyond `classes`; usage;
    ///         impossible: too few images, labels for a model without classes
    Images(const Source& source, const graph::Graph& graph, std::size_t classes, const compress::Progress& progress);

    [[nodiscard]] std::size_t size(Use use) const { return items(use).size(); }
    [[nodiscard]] bool labelled() const noexcept { return !labels_.empty(); }
    /// By their place among the images of that use. @return nothing without labels
    [[nodiscard]] std::optional<std::int64_t> label(Use use, std::size_t image) const;
    /// Refers to this object. @param most  only the first so many
    [[nodiscard]] compress::Frames frames(Use use, std::size_t most = SIZE_MAX) const;
    /// Whether every value is a whole number from 0 to 255: such images cross as uint8 unharmed.
    [[nodiscard]] bool whole_bytes() const noexcept { return whole_bytes_; }
    /// Mean size as JPEG of quality 90, brought to the model's input size; nothing where inputs are no image files.
    [[nodiscard]] std::optional<util::Bytes> jpeg_bytes() const noexcept { return jpeg_bytes_; }

  private:
    [[nodiscard]] const std::vector<std::size_t>& items(Use use) const noexcept;
    void read_labels(const std::string& path, std::size_t classes);
    void read_all(const compress::Progress& progress);

    dataset::Inputs inputs_;
    std::optional<dataset::Preprocess> preprocess_;
    Split split_;
    std::vector<std::int64_t> labels_;                ///< by input
    std::vector<std::vector<graph::Tensor>> memory_;  ///< by input; empty ones are read again
    bool whole_bytes_ = true;
    std::optional<util::Bytes> jpeg_bytes_;
};

}  // namespace convoy::compress_split
