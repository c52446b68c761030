#include <algorithm>

#include "cost/schedule.hpp"

namespace convoy::cost::detail {

namespace {

using plan::index;

/// Follows what each buffer is made of through all programs of a frame.
class Rounds {
  public:
    Rounds(const Scene& scene, std::size_t route) : sent_(scene.compiled.messages(route).size(), 0) {
        for (std::uint32_t d = 0; d < scene.devices.size(); ++d) {
            const plan::Program& program = scene.compiled.program(route, plan::DeviceId{d});
            walkers_.push_back({&program, std::vector<std::size_t>(program.buffers.size(), 0), 0});
        }
    }

    std::size_t count() {
        for (bool moved = true; moved;) {
            moved = false;
            for (Walker& walker : walkers_) moved = advance(walker) || moved;
        }
        return sent_.empty() ? 0 : *std::max_element(sent_.begin(), sent_.end());
    }

  private:
    struct Walker {
        const plan::Program* program;
        std::vector<std::size_t> levels;  ///< by buffer: messages behind it, one after another
        std::size_t next;
    };

    bool advance(Walker& walker) {
        const std::size_t begin = walker.next;
        const auto& steps = walker.program->steps;
        while (walker.next < steps.size() && follow(walker, steps[walker.next])) ++walker.next;
        return walker.next > begin;
    }

    bool follow(Walker& walker, const plan::Step& step) {
        const auto highest = [&](const std::vector<plan::BufferId>& ids) {
            std::size_t level = 0;
            for (const plan::BufferId id : ids) level = std::max(level, walker.levels[index(id)]);
            return level;
        };
        if (const auto* receive = std::get_if<plan::Receive>(&step)) {
            const std::size_t level = sent_[walker.program->message_numbers[receive->message]];
            walker.levels[index(receive->into)] = level;
            return level > 0;
        }
        if (const auto* send = std::get_if<plan::Send>(&step)) {
            sent_[walker.program->message_numbers[send->message]] = 1 + highest(send->from);
        } else if (const auto* reduce = std::get_if<plan::Reduce>(&step)) {
            walker.levels[index(reduce->into)] = highest(reduce->addends);
        } else if (const auto* run = std::get_if<plan::Run>(&step)) {
            std::size_t level = 0;
            for (const plan::Run::Input& input : run->inputs) level = std::max(level, highest(input.from));
            for (const plan::Run::Output& output : run->outputs) walker.levels[index(output.into)] = level;
        }
        return true;
    }

    std::vector<std::size_t> sent_;  ///< by message: its place in the chain, from 1; 0: not sent yet
    std::vector<Walker> walkers_;
};

}  // namespace

std::size_t count_rounds(const Scene& scene, std::size_t route) { return Rounds(scene, route).count(); }

}  // namespace convoy::cost::detail
