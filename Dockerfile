# The grading image. `grader image build` fills in the arguments and checks the result; a plain
# `docker build .` works as well, with or without BuildKit.
#
#   BASE        python:3.12-slim-bookworm to grade at home, or Gradescope's own:
#               gradescope/autograder-base:ubuntu-22.04
#   ASSIGNMENT  what run_autograder grades; on Gradescope an image is for one assignment
#   VERSION, TESTS   labels: of vmlab, and the digest of all that grades
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

# Closed before anything lies in it: hidden tests and solutions are for root alone, and workers run
# as users 64000 to 65499, who have no name and own nothing.
RUN mkdir -p /autograder/source /autograder/results && chmod 0700 /autograder

# What seldom changes comes first: a new test makes a new layer of a few megabytes.
COPY requirements.lock grader/gradescope/setup.sh /autograder/source/
RUN bash /autograder/source/setup.sh packages

COPY assignments /autograder/source/assignments
COPY reference /autograder/source/reference
COPY grader /autograder/source/grader
ARG ASSIGNMENT=
RUN bash /autograder/source/setup.sh tests "${ASSIGNMENT}"

ARG VERSION=unknown
ARG TESTS=unknown
LABEL vmlab.version="${VERSION}" vmlab.tests="${TESTS}" vmlab.assignment="${ASSIGNMENT}" \
    vmlab.uids="64000-65499"
