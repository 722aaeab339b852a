// Runs nbviz/capture/cuda/sketch.cu on the host: one thread of the operating system for each of a block, barriers for its
// barriers. What CUDA has built in and the kernel uses is here, and nothing else.

#include <barrier>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#define THREADS 64
#define __device__
#define __global__
#define __shared__ static
#define __forceinline__ inline
#define __noinline__
#define __grid_constant__
#define __launch_bounds__(...)

struct Index { unsigned x; };
static thread_local Index threadIdx;
static Index blockIdx, gridDim;

struct alignas(16) uint4 { unsigned x, y, z, w; };

static std::barrier<>* block_barrier;
static std::vector<std::barrier<>*> warp_barriers;
static unsigned char lanes[THREADS][8];

static void __syncthreads() { block_barrier->arrive_and_wait(); }

template <typename T> static T __shfl_xor_sync(unsigned, T value, int distance) {
  std::barrier<>& warp = *warp_barriers[threadIdx.x >> 5];
  std::memcpy(lanes[threadIdx.x], &value, sizeof value);
  warp.arrive_and_wait();
  std::memcpy(&value, lanes[threadIdx.x ^ distance], sizeof value);
  warp.arrive_and_wait();
  return value;
}

template <typename To, typename From> static To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

static float __int_as_float(int bits) { return bits_as<float>(bits); }
static float __uint_as_float(unsigned bits) { return bits_as<float>(bits); }
static unsigned __float_as_uint(float value) { return bits_as<unsigned>(value); }
static long long __double_as_longlong(double value) { return bits_as<long long>(value); }
static double __hiloint2double(int high, int low) {
  return bits_as<double>((unsigned long long)(unsigned)high << 32 | (unsigned)low);
}
static int __ffs(unsigned bits) { return __builtin_ffs((int)bits); }
static uint4 __ldcs(const uint4* from) { return *from; }

static float of_half(unsigned bits) {
  const unsigned sign = (bits & 0x8000) << 16, rest = bits & 0x7fff;
  if (rest >= 0x7c00) return bits_as<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  return bits_as<float>(sign | bits_as<unsigned>(bits_as<float>(rest << 13) * 0x1p112f));
}

template <typename T> static T atomicAdd(T* at, T value) {
  if constexpr (sizeof(T) == 8 && !std::is_integral_v<T>) {
    std::uint64_t old = __atomic_load_n((std::uint64_t*)at, __ATOMIC_RELAXED), wanted;
    do {
      wanted = bits_as<std::uint64_t>(bits_as<T>(old) + value);
    } while (!__atomic_compare_exchange_n((std::uint64_t*)at, &old, wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return bits_as<T>(old);
  } else {
    return __atomic_fetch_add(at, value, __ATOMIC_RELAXED);
  }
}
static unsigned atomicOr(unsigned* at, unsigned bits) { return __atomic_fetch_or(at, bits, __ATOMIC_RELAXED); }
static void atomicMax(unsigned long long* at, unsigned long long value) {
  unsigned long long old = __atomic_load_n(at, __ATOMIC_RELAXED);
  while (old < value && !__atomic_compare_exchange_n(at, &old, value, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

#include "sketch.cu"

extern "C" int threads() { return THREADS; }
extern "C" int sizes(int what) { return what == 0 ? sizeof(Entry) : what == 1 ? sizeof(Table) : sizeof(Row); }

// As one launch of so many blocks, one after the other: blocks meet in atomic additions only, which have no order.
extern "C" void launch(const Table* table, unsigned blocks) {
  std::barrier<> whole(THREADS);
  std::vector<std::barrier<>*> warps;
  for (int i = 0; i < THREADS / 32; i++) warps.push_back(new std::barrier<>(32));
  block_barrier = &whole;
  warp_barriers = warps;
  gridDim.x = blocks;
  for (unsigned block = 0; block < blocks; block++) {
    blockIdx.x = block;
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < THREADS; i++) threads.emplace_back([i, table] { threadIdx.x = i; sketch(*table); });
    for (std::thread& thread : threads) thread.join();
  }
  for (std::barrier<>* warp : warps) delete warp;
}
