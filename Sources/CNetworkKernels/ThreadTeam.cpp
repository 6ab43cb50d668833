// A team of threads for loops of some ten microseconds: they spin briefly for the next loop before they sleep.
//
// A training step has some twenty loops; waking a sleeping thread for each costs more than many of them compute.

#include "CNetworkKernels.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Some fifty microseconds.
constexpr int kSpins = 2000;

class Team {
 public:
  void run(long count, long threads, void (*body)(void *, long), void *context) {
    // Within another loop of the team, or beside one, a loop runs on its own thread: the digits are the same.
    if (count < 2 || threads < 2 || !idle_.try_lock()) {
      for (long i = 0; i < count; i++) body(context, i);
      return;
    }
    const long helpers = (threads < count ? threads : count) - 1;
    for (; started_ < helpers; started_++) std::thread(&Team::serve, this).detach();
    body_ = body;
    context_ = context;
    count_ = count;
    next_.store(0, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    // Whoever takes one of these sees the loop above.
    tickets_.store(helpers, std::memory_order_release);
    epoch_.fetch_add(1);
    if (sleepers_.load() > 0) {
      std::lock_guard<std::mutex> lock(mutex_);
      wake_.notify_all();
    }
    work();
    // Who has not come by now is not waited for.
    const long joined = helpers - tickets_.exchange(0, std::memory_order_acq_rel);
    for (int spins = 0; done_.load(std::memory_order_acquire) < joined; spins++) {
      if (spins < kSpins) pause_briefly(); else std::this_thread::yield();
    }
    idle_.unlock();
  }

 private:
  void work() {
    for (;;) {
      const long i = next_.fetch_add(1, std::memory_order_relaxed);
      if (i >= count_) return;
      body_(context_, i);
    }
  }

  bool take_ticket() {
    long left = tickets_.load(std::memory_order_relaxed);
    while (left > 0) {
      if (tickets_.compare_exchange_weak(left, left - 1, std::memory_order_acq_rel)) return true;
    }
    return false;
  }

  [[noreturn]] void serve() {
    unsigned long seen = 0;
    for (;;) {
      for (int spins = 0; spins < kSpins && epoch_.load(std::memory_order_relaxed) == seen; spins++) pause_briefly();
      if (epoch_.load() == seen) {
        std::unique_lock<std::mutex> lock(mutex_);
        sleepers_.fetch_add(1);
        wake_.wait(lock, [&] { return epoch_.load() != seen; });
        sleepers_.fetch_sub(1);
      }
      seen = epoch_.load();
      if (take_ticket()) {
        work();
        done_.fetch_add(1, std::memory_order_release);
      }
    }
  }

  std::mutex idle_;
  long started_ = 0;
  void (*body_)(void *, long) = nullptr;
  void *context_ = nullptr;
  long count_ = 0;
  alignas(64) std::atomic<long> next_{0};
  alignas(64) std::atomic<long> tickets_{0};
  std::atomic<long> done_{0};
  alignas(64) std::atomic<unsigned long> epoch_{0};
  std::atomic<long> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable wake_;
};

}  // namespace

extern "C" void cnk_parallel(long count, long threads, void (*body)(void *, long), void *context) {
  // Never destroyed: its threads outlive main.
  static Team *team = new Team;
  team->run(count, threads, body, context);
}
