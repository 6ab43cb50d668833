/* The C half of sequential networks: convolutions in single precision by oneDNN, behind an interface that is the same
   for its versions 2 and 3; and the loops over image windows that are compiled for several instruction sets.

   Layouts: activations are NHWC (a sample after the other, channels fastest); a weight is a column-major matrix
   [cout, kh * kw * cin] with columns ordered (ky, kx, cin), which oneDNN calls HWIO.

   A plan belongs to one thread at a time and computes on that thread alone, so that a caller who splits a batch among
   threads of its own does not compete with a second pool. */
#ifndef CNETWORK_KERNELS_H
#define CNETWORK_KERNELS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cnk_plan cnk_plan;

/* NULL on failure, with the reason in `error`, which has room for 256 characters. Square kernels. */
cnk_plan *cnk_plan_create(int samples, int height, int width, int cin, int cout, int kernel, int stride, int padding,
                          char *error);
void cnk_plan_destroy(cnk_plan *plan);

/* y = conv(x, w) + b, then max(0, .) if `rectified`. 0 on success. */
int cnk_forward(cnk_plan *plan, const float *x, const float *w, const float *b, float *y, int rectified);
/* dx = the adjoint of conv(., w) applied to dy. */
int cnk_backward_data(cnk_plan *plan, const float *dy, const float *w, float *dx);
/* dw and db = sums over samples of the derivatives by w and b. */
int cnk_backward_weights(cnk_plan *plan, const float *x, const float *dy, float *dw, float *db);

/* The windows of one convolution or pooling: square, sides in pixels. */
typedef struct {
  int height, width, channels;         /* of the input */
  int rows, columns;                   /* of the output */
  int kernel, stride, padding;
} cnk_windows;

/* One sample: y = maxima over windows, choice = which pixel of its window, the first of equals. */
void cnk_pool_f(const cnk_windows *g, const float *x, float *y, unsigned char *choice);
void cnk_pool_d(const cnk_windows *g, const double *x, double *y, unsigned char *choice);
/* One sample: dx = the adjoint. With `y`, the maxima, what was chosen passes only if it is positive: the derivative of a
   rectifier that came before. */
void cnk_pool_adjoint_f(const cnk_windows *g, const float *dy, const unsigned char *choice, const float *y, float *dx);
void cnk_pool_adjoint_d(const cnk_windows *g, const double *dy, const unsigned char *choice, const double *y,
                        double *dx);

/* One sample's gradient G = sum over positions of delta patch^T of a convolution with `outputs` channels, through its
   products G v (into `right`, length outputs) and G^T u (into `left`, length kernel^2 channels); G is never formed. */
void cnk_patch_products_f(const cnk_windows *g, int outputs, const float *x, const float *delta, const float *v,
                          const float *u, float *right, float *left);
void cnk_patch_products_d(const cnk_windows *g, int outputs, const double *x, const double *delta, const double *v,
                          const double *u, double *right, double *left);
/* One sample's patches: a column-major matrix [kernel^2 channels, rows * columns]. */
void cnk_patches_f(const cnk_windows *g, const float *x, float *patches);
void cnk_patches_d(const cnk_windows *g, const double *x, double *patches);
/* Adds a matrix of patches back into the pixels that they came from. */
void cnk_patches_adjoint_d(const cnk_windows *g, const double *patches, double *x);
void cnk_patches_adjoint_f(const cnk_windows *g, const float *patches, float *x);

/* y = z + b for columns of length m, rectified if asked; y may be z. */
void cnk_add_bias_f(long m, long columns, const float *z, const float *b, float *y, int rectified);
void cnk_add_bias_d(long m, long columns, const double *z, const double *b, double *y, int rectified);
/* d times `below` where y <= 0: the derivative of a rectifier, leaky or not, from its values. */
void cnk_gate_f(long count, float below, const float *y, float *d);
void cnk_gate_d(long count, double below, const double *y, double *d);
/* y = max(0, y - s x^2). */
void cnk_subtract_squares_f(long count, float s, const float *x, float *y);
void cnk_subtract_squares_d(long count, double s, const double *x, double *y);

/* A small perceptron with a softmax cross-entropy loss. Layer l's block begins at offsets[l] of the parameters and holds
   widths[l] columns of the weights, strides[l] floats each, then the biases: strides[l] is widths[l + 1] rounded up to
   a multiple of CNK_PERCEPTRON_LANES. What fills up is 0, but for the last biases: -1e30, logits of probability 0. */
#define CNK_PERCEPTRON_LANES 16
typedef struct {
  int layers, smooth;                  /* tanh if smooth, else ReLU */
  const long *widths, *strides, *offsets;
  long widest;                         /* of the strides */
} cnk_perceptron;

/* to += sum over samples of weights[s] times the gradient of the loss of (x[s], labels[s]) at the parameters `at`, which
   may be `to`. x[s] has widths[0] floats. Scratch, aligned to 8 bytes:
   2 samples (layers + 1) + samples (sum of strides + 2 widest) + widest * (widest + 16) floats. */
void cnk_perceptron_step(const cnk_perceptron *net, const float *at, float *to, float *scratch, long samples,
                         const float *const *x, const int *labels, const float *weights);
/* The sum of the samples' losses, in nats; scratch as above. */
double cnk_perceptron_loss(const cnk_perceptron *net, const float *at, float *scratch, long samples,
                           const float *const *x, const int *labels);

/* body(context, i) for i = 0 .. count - 1, in any order, on at most so many threads; returns when all are done. */
void cnk_parallel(long count, long threads, void (*body)(void *, long), void *context);

/* The version of oneDNN at run time, as 10000 major + 100 minor + patch. */
int cnk_library_version(void);

#ifdef __cplusplus
}
#endif
#endif
