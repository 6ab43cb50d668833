#if __has_include(<mpi/mpi.h>)
#define OMPI_SKIP_MPICXX 1
#include <mpi/mpi.h>
#elif __has_include(<mpi.h>)
#define OMPI_SKIP_MPICXX 1
#include <mpi.h>
#else
#error "MPI is missing: apt install openmpi-bin libopenmpi-dev, or build without LIPDYN_MPI"
#endif

/* Swift sees no constant that is a cast, and these are all that is used. */
static inline int cmpi_start(int *rank, int *size) {
  int level = MPI_THREAD_SINGLE;
  int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
  if (status != MPI_SUCCESS) return status;
  if (level < MPI_THREAD_SERIALIZED) return MPI_ERR_UNSUPPORTED_OPERATION;
  status = MPI_Comm_rank(MPI_COMM_WORLD, rank);
  return status != MPI_SUCCESS ? status : MPI_Comm_size(MPI_COMM_WORLD, size);
}

static inline int cmpi_send(const void *bytes, int count, int rank, int tag) {
  return MPI_Send(bytes, count, MPI_BYTE, rank, tag, MPI_COMM_WORLD);
}

/* The size and sender of the next message, or a count of -1; a negative rank means any sender. */
static inline int cmpi_probe(int rank, int tag, int *count, int *source) {
  MPI_Status status;
  int there = 0;
  *count = -1;
  int code = MPI_Iprobe(rank < 0 ? MPI_ANY_SOURCE : rank, tag, MPI_COMM_WORLD, &there, &status);
  if (code != MPI_SUCCESS || !there) return code;
  *source = status.MPI_SOURCE;
  return MPI_Get_count(&status, MPI_BYTE, count);
}

static inline int cmpi_receive(void *bytes, int count, int rank, int tag) {
  return MPI_Recv(bytes, count, MPI_BYTE, rank, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static inline int cmpi_broadcast(void *bytes, int count) {
  return MPI_Bcast(bytes, count, MPI_BYTE, 0, MPI_COMM_WORLD);
}
