# The targets people and CI use. `make help` lists them.
CONFIGURATION ?= debug
KEEP ?= 0
DESTDIR ?=
PREFIX ?= /usr
SECONDS_EACH ?= 60
LINTED = $(wildcard Sources Tests Examples Fuzz/Sources) Package.swift
export CONFIGURATION KEEP DESTDIR PREFIX SECONDS_EACH
export SWIFT_BACKTRACE = enable=no

.PHONY: help build run stop test lab lint format check bench fuzz asan tsan soak cov docs release install install-hub install-agent

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

build: ## all programs, debug; CONFIGURATION=release for the other
	@scripts/bootstrap run
	swift build -c $(CONFIGURATION)

run: ## a hub, a CSV of secrets, a device that finds it and gets its certificate; KEEP=1 leaves the hub running
	@scripts/bootstrap run
	@scripts/run

stop: ## ends the hub that `make run KEEP=1` left running
	@scripts/run stop

test: ## all tests: Swift, shell, lab
	@scripts/bootstrap
	@scripts/test

lab: ## only the tests on two simulated hosts (root, namespaces)
	@scripts/bootstrap
	swift build
	@scripts/test lab

lint: ## format, imports, documents, scripts
	swift format lint --strict --recursive --parallel $(LINTED)
	scripts/check-imports
	scripts/check-docs
	scripts/check-shell

format: ## writes Swift sources in the house's format
	swift format --in-place --recursive --parallel $(LINTED)

bench: ## CPU per operation of the paths that matter
	@scripts/bootstrap
	Benchmarks/run

fuzz: ## every fuzz target for SECONDS_EACH seconds (60), after the kept failures
	scripts/fuzz

asan: ## tests under the address sanitizer, leaks included
	scripts/sanitize address

soak: ## what takes hours: tests repeated, both sanitizers, long fuzzing, storms
	@scripts/bootstrap
	scripts/soak

tsan: ## tests under the thread sanitizer
	scripts/sanitize thread

cov: ## tests with line coverage per file
	scripts/coverage

docs: ## DocC pages of DeviceClient, warnings as errors
	scripts/docs

release: ## programs for `make install`: optimised, Swift's libraries linked in
	@scripts/bootstrap run
	scripts/release

install: install-hub install-agent ## hub and agent below DESTDIR and PREFIX (/usr); run `make release` first

install-hub: ## hubd, hubctl, oob, unit, user, profiles, configuration
	scripts/install hub

install-agent: ## hub-agent with unit and user
	scripts/install agent
