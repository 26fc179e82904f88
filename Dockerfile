# Earnest's server in an image with nothing else in it. The program is built beforehand, static, by `docker/build`:
#   docker/build && docker build -t earnest . && docker run -p 8765:8765 -e EARNEST_TOKEN=$(head -c 24 /dev/urandom | base64) earnest
FROM scratch
COPY target/x86_64-unknown-linux-gnu/release/earnest /earnest
USER 65534:65534
EXPOSE 8765
HEALTHCHECK --interval=10s --timeout=4s --start-period=2s CMD ["/earnest", "serve", "--health"]
ENTRYPOINT ["/earnest"]
CMD ["serve", "--listen", "0.0.0.0:8765", "--token-env", "EARNEST_TOKEN"]
