#pragma once

#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace convoy::partition {

/// Something that a strategy lets its user choose: one of several words, or a number.
struct Setting {
    std::string_view name;           ///< the unit ends it: "deadline_ms"
    std::string_view choices = "";   ///< "latency|energy"; "" is a number
    std::string_view fallback = "";  ///< what holds when nothing is given; "" for a number: the strategy decides
    std::string_view about;          ///< one line for a list
    double least = 0;                ///< of a number
    double most = std::numeric_limits<double>::max();
    bool whole = false;  ///< an integer
};

/// What a user has chosen for one strategy: `objective=energy,deadline_ms=50`.
class Settings {
  public:
    Settings() = default;
    /// @param given  "name=value", commas between; empty: nothing is chosen
    /// @throws Error usage for a name that the table does not have, one given twice, a wrong word or number
    Settings(std::string_view strategy, std::span<const Setting> table, std::string_view given);

    /// The word that was chosen, or the setting's fallback.
    [[nodiscard]] std::string text(const Setting& setting) const;
    /// Whether this word was chosen, or is the fallback.
    [[nodiscard]] bool is(const Setting& setting, std::string_view word) const { return text(setting) == word; }
    /// The number that was given, or the setting's fallback; nothing without either.
    [[nodiscard]] std::optional<double> number(const Setting& setting) const;
    /// Of a whole number.
    [[nodiscard]] std::optional<std::size_t> count(const Setting& setting) const;

    /// As it was given, in the order of names; "" when nothing was.
    [[nodiscard]] std::string to_string() const;
    bool operator==(const Settings&) const = default;

  private:
    std::map<std::string, std::string, std::less<>> given_;
};

/// "objective=latency|energy" or "deadline_ms=NUMBER".
[[nodiscard]] std::string to_string(const Setting& setting);

}  // namespace convoy::partition
