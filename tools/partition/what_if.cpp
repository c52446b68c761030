#include <fmt/format.h>

#include <set>

#include "partition/change.hpp"
#include "partition/jobs.hpp"

namespace convoy::tools {

cluster::Cluster what_if(cluster::Cluster cluster, const cli::Options& options) {
    std::set<std::string> names;
    for (const std::string& part : options.list("what-if")) {
        const std::size_t equals = part.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == part.size())
            throw options.error("what-if", fmt::format("KEY=VALUE is expected, not '{}'", part));
        const std::string name = part.substr(0, equals);
        if (!names.insert(name).second) throw options.error("what-if", fmt::format("'{}' is given twice", name));
        Change(options, "what-if", name, part.substr(equals + 1)).apply(cluster);
    }
    return cluster;
}

}  // namespace convoy::tools
