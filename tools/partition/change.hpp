#pragma once

#include <optional>
#include <string>

#include "cli/parser.hpp"
#include "cluster/cluster.hpp"

namespace convoy::tools {

/// One KEY=VALUE or KEY.DEVICE=VALUE of --what-if, or one value of --sweep. Keeps a reference to the options.
class Change {
  public:
    /// @param option  that it comes from, for messages; @param name  "rate", "start-up" (as start_up), "load.b"
    Change(const cli::Options& options, std::string option, const std::string& name, std::string value);

    /// @throws Error usage for unknown keys, devices and values out of range
    void apply(cluster::Cluster& cluster) const;

    /// "rate_mbit_per_s", "load.b": with the unit of number(). @throws Error usage for an unknown key
    [[nodiscard]] std::string column() const;
    /// "rate in Mbit/s", "load of b".
    [[nodiscard]] std::string title() const;
    /// The value in that unit; nothing for a word. @throws Error usage for what is not of the key's kind, or out of
    /// range
    [[nodiscard]] std::optional<double> number() const;
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

  private:
    enum class Kind : std::uint8_t { number, integer, duration, bytes, word };
    struct Key {
        const char* name;
        const char* column;
        const char* title;
        Kind kind;
        bool of_devices;  ///< else of links, or of the whole cluster
        double least = 0;
        double most = 0;
    };
    static const Key kKeys[];

    [[nodiscard]] util::Error error(const std::string& message, std::string hint = "") const;
    [[nodiscard]] const Key& key() const;
    void apply_to(cluster::Link& link) const;
    void apply_to(cluster::Device& device) const;
    void apply_to_cluster(cluster::Cluster& cluster) const;

    const cli::Options& options_;
    std::string option_;
    std::string name_;  ///< without the device
    std::string device_;
    std::string value_;
};

}  // namespace convoy::tools
