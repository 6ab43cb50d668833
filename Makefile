# The two commands of the README do all set-up themselves; the rest is for those who change the code.

SWIFT ?= swift
TEST_FLAGS = -c release --scratch-path .build-test

# Where Open MPI's headers are, the tests try several processes, too.
ifneq ($(wildcard /usr/include/*/mpi/mpi.h),)
test check: export LIPDYN_MPI = 1
endif

.PHONY: verify test setup check lint format docs client man completions mpi bench clean

verify: setup ## Verify every claim and print the table.
	$(SWIFT) build -c release --product lipdyn
	"$$($(SWIFT) build -c release --product lipdyn --show-bin-path)/lipdyn" verify

test: setup ## Run all tests, in release.
	$(SWIFT) test $(TEST_FLAGS)

setup:
	@sh .ci/install-packages

check: setup lint ## What must pass before a change is proposed.
	STRICT=1 $(SWIFT) build --scratch-path .build-strict
	$(SWIFT) test $(TEST_FLAGS)
	sh .ci/check-docs
	$(MAKE) verify

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests .ci
	sh .ci/check-traps

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests .ci

docs: setup ## Build the documentation of every room into .build-docs; a warning is an error.
	$(SWIFT) build -c release --product lipdyn
	sh .ci/build-docs .build/release

client: setup ## Build and run a package that uses the last commit as a library.
	sh .ci/check-client

man: setup ## Write the manual page to .build/man.
	mkdir -p .build/man
	$(SWIFT) package --allow-writing-to-directory .build/man generate-manual --output-directory .build/man

completions: setup ## Write completions for bash, zsh and fish to .build/completions.
	$(SWIFT) build -c release --product lipdyn
	mkdir -p .build/completions
	.build/release/lipdyn --generate-completion-script bash >.build/completions/lipdyn.bash
	.build/release/lipdyn --generate-completion-script zsh >.build/completions/_lipdyn
	.build/release/lipdyn --generate-completion-script fish >.build/completions/lipdyn.fish

mpi: ## Build lipdyn-mpi, which shares work among processes (Documentation/beyond-one-machine.md).
	@sh .ci/install-packages openmpi-bin libopenmpi-dev
	LIPDYN_MPI=1 $(SWIFT) build -c release --product lipdyn-mpi

bench: setup ## Time our jobs against peer scripts, alternating (see Benchmarks/README.md).
	$(SWIFT) build -c release --product lipdyn
	sh Benchmarks/run.sh

clean:
	rm -rf .build .build-test .build-strict .build-docs
