// The sketches of many tensors by one launch. What is counted is said in nbviz/formats/floatbits.py and statistics.py;
// table.py lays out what is passed. The tests compile this file for the host and compare it with numpy, bit for bit.
//
// Every tensor is cut into tiles of THREADS vectors of 16 bytes, every block takes equally many neighbouring tiles of all
// tensors together, counts in shared memory and adds what it found to the rows of the tensors that it met.

typedef unsigned int u32;
typedef unsigned long long u64;

#ifndef THREADS
#define THREADS 512
#endif
#define BLOCKS 2             // on a multiprocessor
#define DEEP 4               // vectors that a thread has asked for before it counts the first
#define BINS 4096            // sign, exponent and three bits of the mantissa
#define FEW 8                // entries that travel with the launch itself
#define UNITS 32768          // the most whose life is looked at
#define LARGEST 3.402823466e38f
#define INFINITE __int_as_float(0x7f800000)
#define FAINT 7.8886e-31f    // 2**-100: squares that add up to less may have vanished in a float

enum Kind { FLOAT32, BFLOAT16, FLOAT16, FLOAT64 };
enum Mode { PLAIN, ADJUSTED, LOOKED_AT };    // less a pivot or a scale; units and ends, too

struct Row {                 // what is known of one tensor; bins and words follow
  double sum, squares;       // of the finite values
  u64 lowest, highest;       // of the finite values: the largest ~key and the largest key, 0 where there are none
  u64 zeros, positive, negative;   // the latter two: infinities
  u64 saturated;
};

struct Entry {               // one tensor
  u64 address, size;         // in values
  u64 begin;                 // its first tile among those of all tensors
  Row* row;
  const float* scale;        // what its values are to be divided by, or nothing
  u32 kind, mode;
  u32 step;                  // every so manyeth tile is read
  u32 inner, units;          // neighbours that belong to one unit, and how many units there are; 0: not looked at
  float pivot, low, high;
};

struct Table {
  Entry few[FEW];
  const Entry* many;         // in the device's memory, instead of the few
  u64 tiles;
  u32 entries, unused;
};

template <typename Value> struct Tally {       // of one thread
  double sum = 0, squares = 0;
  Value lowest = (Value)INFINITE, highest = -(Value)INFINITE;
  u32 zeros = 0, positive = 0, negative = 0, saturated = 0;
};

struct Counting {            // one tensor, as a thread sees it
  double inverse;            // of the scale
  bool power;                // to multiply by it is exact in floats, too
  float pivot, low, high;
  u32 inner, units;
};

// Of the block, at the tensor that it is at.
__shared__ u32 bins[BINS];
__shared__ u32 alive[UNITS / 32];
__shared__ Entry entry;
__shared__ Counting counting;
__shared__ double found[THREADS / 32 * sizeof(Tally<double>) / 8];    // a tally of every warp

__device__ __forceinline__ u64 key(double value) {      // in the order of the values
  u64 bits = (u64)__double_as_longlong(value);
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}

__device__ __forceinline__ bool is_finite(float value) { return fabsf(value) < INFINITE; }
__device__ __forceinline__ bool is_finite(double value) { return fabs(value) < (double)INFINITE; }

__device__ __forceinline__ u32 bin_of(float value) { return __float_as_uint(value) >> 20; }
__device__ __forceinline__ float narrow(float value) { return value; }
__device__ __forceinline__ float narrow(double value) { return (float)value; }
__device__ __forceinline__ float smaller(float one, float two) { return fminf(one, two); }
__device__ __forceinline__ double smaller(double one, double two) { return fmin(one, two); }
__device__ __forceinline__ float larger(float one, float two) { return fmaxf(one, two); }
__device__ __forceinline__ double larger(double one, double two) { return fmax(one, two); }
__device__ __forceinline__ float clamped(float value) { return smaller(larger(value, -LARGEST), LARGEST); }
__device__ __forceinline__ double clamped(double value) { return smaller(larger(value, (double)-LARGEST), (double)LARGEST); }

// As if divided by the scale. The quotient of two floats is never so near to the middle between two others that a product
// in doubles could be rounded to the wrong one.
template <int MODE, typename Value> __device__ __forceinline__ Value adjusted(Value value) {
  if (MODE == PLAIN || counting.inverse == 1.) return value;
  float single = narrow(value);
  return (Value)(counting.power ? single * (float)counting.inverse : (float)((double)single * counting.inverse));
}

// A double is never plain: it may be too large for a float.
template <int MODE, typename Value> __device__ __forceinline__ u32 place(Value value) {
  if (MODE == PLAIN && sizeof(Value) == 4) return bin_of(narrow(value));
  Value shifted = value - (Value)counting.pivot;
  return bin_of(narrow(is_finite(value) ? clamped(shifted) : shifted));
}

// Where a value lies: its unit, and its place among the neighbours of that.
struct Place { u32 unit, within; };

// Of tensors of 2**32 values and more no units are looked at.
__device__ __forceinline__ Place place_of(u32 index) {
  u32 line = index / counting.inner;
  return {line % counting.units, index - line * counting.inner};
}

// A look that comes too early costs one more atomicOr and nothing else.
__device__ __forceinline__ void mark(u32 unit) {
  u32 bit = 1u << (unit & 31);
  if (!(*(volatile u32*)(alive + (unit >> 5)) & bit)) atomicOr(alive + (unit >> 5), bit);
}

template <int N, typename Value> __device__ void look(Tally<Value>& tally, const Value* values, u64 index) {
  if (counting.units) {
    Place place = place_of((u32)index);
#pragma unroll
    for (int k = 0; k < N; k++) {
      if (values[k] != 0) mark(place.unit);
      if (++place.within == counting.inner) {
        place.within = 0;
        if (++place.unit == counting.units) place.unit = 0;
      }
    }
  }
#pragma unroll
  for (int k = 0; k < N; k++) tally.saturated += values[k] <= (Value)counting.low || values[k] >= (Value)counting.high;
}

// What a float cannot add up, or must not.
template <int N, typename Value> __device__ void add_carefully(Tally<Value>& tally, const Value* values) {
#pragma unroll
  for (int k = 0; k < N; k++) {
    double value = values[k];
    if (is_finite(values[k])) {
      tally.sum += value;
      tally.squares += value * value;
      tally.lowest = smaller(tally.lowest, values[k]);
      tally.highest = larger(tally.highest, values[k]);
    } else {
      tally.positive += value > 0;
      tally.negative += value < 0;
    }
  }
}

// Whether the values were added, as almost always; they are left to be added carefully if not.
template <int N> __device__ __forceinline__ bool add(Tally<float>& tally, const float* values) {
  float sum = 0.f, squares = 0.f, lowest = INFINITE, highest = -INFINITE;
#pragma unroll
  for (int k = 0; k < N; k++) {
    sum += values[k];
    squares = fmaf(values[k], values[k], squares);
    lowest = fminf(lowest, values[k]);
    highest = fmaxf(highest, values[k]);
  }
  bool nothing = lowest == 0.f && highest == 0.f && squares == 0.f;
  if (!nothing && !(squares >= FAINT && squares < INFINITE)) return false;
  tally.sum += sum;
  tally.squares += squares;
  tally.lowest = fminf(tally.lowest, lowest);
  tally.highest = fmaxf(tally.highest, highest);
  return true;
}

template <int N> __device__ __forceinline__ bool add(Tally<double>& tally, const double* values) {
  add_carefully<N>(tally, values);
  return true;
}

template <int MODE, int N, typename Value>
__device__ __forceinline__ bool count(Tally<Value>& tally, Value* values, u64 index) {
#pragma unroll
  for (int k = 0; k < N; k++) {
    values[k] = adjusted<MODE>(values[k]);
    atomicAdd(&bins[place<MODE>(values[k])], 1u);
    tally.zeros += values[k] == 0;
  }
  if (MODE == LOOKED_AT) look<N>(tally, values, index);
  return add<N>(tally, values);
}

#ifdef __CUDACC__
__device__ __forceinline__ float of_half(u32 bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"((unsigned short)bits));
  return value;
}
#endif

template <int KIND> struct Type { typedef float Value; static const int bytes = KIND == FLOAT32 ? 4 : 2; };
template <> struct Type<FLOAT64> { typedef double Value; static const int bytes = 8; };

template <int KIND> __device__ __forceinline__ void unpack(uint4 vector, float* values) {
  const u32 words[4] = {vector.x, vector.y, vector.z, vector.w};
#pragma unroll
  for (int k = 0; k < 4; k++) {
    if (KIND == FLOAT32) values[k] = __uint_as_float(words[k]);
    if (KIND == BFLOAT16) { values[2 * k] = __uint_as_float(words[k] << 16); values[2 * k + 1] = __uint_as_float(words[k] & 0xffff0000u); }
    if (KIND == FLOAT16) { values[2 * k] = of_half(words[k] & 0xffff); values[2 * k + 1] = of_half(words[k] >> 16); }
  }
}

template <int KIND> __device__ __forceinline__ void unpack(uint4 vector, double* values) {
  values[0] = __hiloint2double((int)vector.y, (int)vector.x);
  values[1] = __hiloint2double((int)vector.w, (int)vector.z);
}

template <int KIND> __device__ __forceinline__ typename Type<KIND>::Value read(u64 address, u64 index) {
  if (KIND == FLOAT64) return ((const double*)address)[index];
  if (KIND == FLOAT32) return ((const float*)address)[index];
  u32 bits = ((const unsigned short*)address)[index];
  return KIND == BFLOAT16 ? __uint_as_float(bits << 16) : of_half(bits);
}

// A tensor: values before the first whole vector, vectors, values after the last.
struct Parts { u64 head, vectors, tiles; };

__device__ __forceinline__ Parts parts_of() {
  const u32 bytes = entry.kind == FLOAT32 ? 4 : entry.kind == FLOAT64 ? 8 : 2;
  Parts parts;
  parts.head = ((16 - (entry.address & 15)) & 15) / bytes;
  if (parts.head > entry.size) parts.head = entry.size;
  parts.vectors = (entry.size - parts.head) * bytes / 16;
  u64 whole = (parts.vectors + THREADS - 1) / THREADS;
  parts.tiles = (whole + entry.step - 1) / entry.step;
  if (!parts.tiles) parts.tiles = 1;
  return parts;
}

template <int KIND, int MODE>
__device__ __forceinline__ void count_tiles(Tally<typename Type<KIND>::Value>& tally, u64 from, u64 to) {
  typedef typename Type<KIND>::Value Value;
  const int N = 16 / Type<KIND>::bytes;
  const Parts parts = parts_of();
  const uint4* vectors = (const uint4*)(entry.address + parts.head * Type<KIND>::bytes);
  const u64 stride = (u64)entry.step * THREADS;
  const int deep = MODE == LOOKED_AT || KIND == FLOAT64 ? 1 : KIND == FLOAT32 ? DEEP : DEEP / 2;
  Value values[N];
  u64 at = from * stride + threadIdx.x;
  for (u64 tile = from; tile < to && at < parts.vectors; tile += deep, at += deep * stride) {
    uint4 vector[deep];
    u32 odd = 0;
#pragma unroll
    for (int k = 0; k < deep; k++)
      if (k == 0 || (tile + k < to && at + k * stride < parts.vectors)) vector[k] = __ldcs(vectors + at + k * stride);
#pragma unroll
    for (int k = 0; k < deep; k++)
      if (k == 0 || (tile + k < to && at + k * stride < parts.vectors)) {
        unpack<KIND>(vector[k], values);
        odd |= (u32)!count<MODE, N>(tally, values, parts.head + (at + k * stride) * N) << k;
      }
    for (; odd; odd &= odd - 1) {
      unpack<KIND>(__ldcs(vectors + at + (__ffs(odd) - 1) * stride), values);
      for (int k = 0; k < N; k++) values[k] = adjusted<MODE>(values[k]);
      add_carefully<N>(tally, values);
    }
  }
  const u64 tail = parts.head + parts.vectors * N;
  const bool ends = to == parts.tiles && threadIdx.x < entry.size - tail;
#pragma unroll 1
  for (int end = from == 0 && threadIdx.x < parts.head ? 0 : 1; end < (ends ? 2 : 1); end++) {
    u64 index = (end ? tail : 0) + threadIdx.x;
    values[0] = read<KIND>(entry.address, index);
    if (!count<MODE, 1>(tally, values, index)) add_carefully<1>(tally, values);
  }
}

template <typename Value> __device__ __forceinline__ void join(Tally<Value>& tally, const Tally<Value>& other) {
  tally.sum += other.sum;
  tally.squares += other.squares;
  tally.lowest = smaller(tally.lowest, other.lowest);
  tally.highest = larger(tally.highest, other.highest);
  tally.zeros += other.zeros;
  tally.positive += other.positive;
  tally.negative += other.negative;
  tally.saturated += other.saturated;
}

template <typename Value> __device__ __forceinline__ Tally<Value> distant(const Tally<Value>& tally, int distance) {
  Tally<Value> other;
  other.sum = __shfl_xor_sync(~0u, tally.sum, distance);
  other.squares = __shfl_xor_sync(~0u, tally.squares, distance);
  other.lowest = __shfl_xor_sync(~0u, tally.lowest, distance);
  other.highest = __shfl_xor_sync(~0u, tally.highest, distance);
  other.zeros = __shfl_xor_sync(~0u, tally.zeros, distance);
  other.positive = __shfl_xor_sync(~0u, tally.positive, distance);
  other.negative = __shfl_xor_sync(~0u, tally.negative, distance);
  other.saturated = __shfl_xor_sync(~0u, tally.saturated, distance);
  return other;
}

__device__ __forceinline__ void add_to(Row* row, const Tally<double>& tally) {
  if (tally.lowest <= tally.highest) {
    atomicAdd(&row->sum, tally.sum);
    atomicAdd(&row->squares, tally.squares);
    atomicMax(&row->lowest, ~key(tally.lowest));
    atomicMax(&row->highest, key(tally.highest));
  }
  if (tally.zeros) atomicAdd(&row->zeros, (u64)tally.zeros);
  if (tally.positive) atomicAdd(&row->positive, (u64)tally.positive);
  if (tally.negative) atomicAdd(&row->negative, (u64)tally.negative);
  if (tally.saturated) atomicAdd(&row->saturated, (u64)tally.saturated);
}

// The tiles of one tensor that fall to this block; the first thread of every warp then has what its warp found.
template <int KIND, int MODE>
__device__ __noinline__ void count_all(u64 from, u64 to) {
  Tally<typename Type<KIND>::Value> tally;
  count_tiles<KIND, MODE>(tally, from, to);
#pragma unroll 1
  for (int distance = 16; distance; distance >>= 1) join(tally, distant(tally, distance));
  if (threadIdx.x & 31) return;
  Tally<double>& its = ((Tally<double>*)found)[threadIdx.x >> 5];
  its.sum = tally.sum;
  its.squares = tally.squares;
  its.lowest = tally.lowest;
  its.highest = tally.highest;
  its.zeros = tally.zeros;
  its.positive = tally.positive;
  its.negative = tally.negative;
  its.saturated = tally.saturated;
}

template <int KIND>
__device__ __forceinline__ void count_mode(u64 from, u64 to) {
  if (entry.mode == PLAIN) count_all<KIND, PLAIN>(from, to);
  else if (entry.mode == ADJUSTED) count_all<KIND, ADJUSTED>(from, to);
  else count_all<KIND, LOOKED_AT>(from, to);
}

__device__ __forceinline__ Counting counting_of() {
  const float scale = entry.scale ? *entry.scale : 1.f;
  const bool power = (__float_as_uint(scale) & 0x807fffffu) == 0 && scale >= 1.17549435e-38f && scale <= 8.507059e37f;
  return {1. / (double)scale, power, entry.pivot, entry.low, entry.high, entry.inner, entry.units};
}

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) sketch(const __grid_constant__ Table table) {
  Tally<double>* tallies = (Tally<double>*)found;
  const Entry* entries = table.many ? table.many : table.few;
  const u64 share = (table.tiles + gridDim.x - 1) / gridDim.x;
  const u64 first = share * blockIdx.x, last = first + share < table.tiles ? first + share : table.tiles;
  if (first >= last) return;
  for (u32 i = threadIdx.x; i < BINS; i += THREADS) bins[i] = 0;
  for (u32 i = threadIdx.x; i < UNITS / 32; i += THREADS) alive[i] = 0;
  u32 at = 0;
  for (u32 end = table.entries; end - at > 1;) {
    u32 middle = at + (end - at) / 2;
    if (entries[middle].begin <= first) at = middle; else end = middle;
  }
  for (; at < table.entries && entries[at].begin < last; at++) {
    __syncthreads();
    if (threadIdx.x == 0) {
      entry = entries[at];
      counting = counting_of();
    }
    __syncthreads();
    const u64 tiles = parts_of().tiles;
    const u64 from = first > entry.begin ? first - entry.begin : 0;
    const u64 to = last - entry.begin < tiles ? last - entry.begin : tiles;
    if (from >= to) continue;    // what follows a tensor is room for what it costs to end it
    if (entry.kind == FLOAT32) count_mode<FLOAT32>(from, to);
    else if (entry.kind == BFLOAT16) count_mode<BFLOAT16>(from, to);
    else if (entry.kind == FLOAT16) count_mode<FLOAT16>(from, to);
    else count_mode<FLOAT64>(from, to);
    __syncthreads();
    u32* row = (u32*)(entry.row + 1);
    for (u32 i = threadIdx.x; i < BINS; i += THREADS)
      if (bins[i]) { atomicAdd(row + i, bins[i]); bins[i] = 0; }
    for (u32 i = threadIdx.x; i < (entry.units + 31) / 32; i += THREADS)
      if (alive[i]) { atomicOr(row + BINS + i, alive[i]); alive[i] = 0; }
    if (threadIdx.x == 0) {
      for (int i = 1; i < THREADS / 32; i++) join(tallies[0], tallies[i]);
      add_to(entry.row, tallies[0]);
    }
  }
}
