# The image of the action. Any builder makes it: BuildKit, Buildah, and Docker's
# classic one, which act and older engines use and which knows no platforms.
#
# The images stand behind arguments, so that a mirror, a stand-in or a digest can
# take their place; a release names both by digest.
ARG GO_IMAGE=docker.io/library/golang:1.26
ARG BASE_IMAGE=gcr.io/distroless/static-debian12:latest

# The compiler runs on the builder's own platform and compiles for the target's.
# The classic builder names no platform, refuses an empty one, and takes "linux"
# for its own.
ARG BUILDER=linux
FROM --platform=${BUILDPLATFORM:-$BUILDER} ${GO_IMAGE} AS build
WORKDIR /src
# Where modules come from; unset, Go's own defaults hold.
ARG GOPROXY
ARG GOSUMDB
COPY go.mod go.sum ./
RUN go mod download
ARG TARGETOS
ARG TARGETARCH
ENV CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH
# Every job pulls the image, and the work in it is waiting for the network: code
# that is not inlined makes it a tenth smaller.
ENV GOFLAGS=-gcflags=all=-l
# The SDKs take minutes to compile, so they have a layer of their own, which a
# change of ours leaves as it is.
RUN go build -trimpath \
    github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1 \
    github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1 \
    github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3 \
    github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728 \
    github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sts/v20180813
COPY . .
RUN go build -trimpath -ldflags "-s -w" -o /image/action .
# The post step is the same binary, told by its name. A link keeps the image small.
RUN ln -s action /image/post

# Distroless static brings CA certificates and time zones, and no shell.
FROM ${BASE_IMAGE}
# A release adds labels of its own: .ci/release.
LABEL org.opencontainers.image.title="cloudjob" \
      org.opencontainers.image.description="Starts and follows jobs on Tencent Cloud and Huawei Cloud from a workflow step" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /image/ /
# The licences of what is linked ask for their texts.
COPY LICENSE docs/licences.md /
# No USER: the runner's files and the workspace belong to root, and GitHub
# requires that the container of an action runs as root.
# The exec form makes the action process 1, so that the runner's signals reach it.
ENTRYPOINT ["/action"]
