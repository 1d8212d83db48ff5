#!/bin/sh
# Makes a Debian package and an archive of the release build, with icons, menu entry, completions and man page.
#
#     sh assets/desktop/package.sh            # builds, then into target/package; needs dpkg-deb
#     sh assets/desktop/package.sh PROGRAM    # of a program that is built already
set -eu
program=$(realpath "${1:-target/release/misfit}" 2>/dev/null || true)
cd "$(dirname "$0")/../.."
if [ $# -eq 0 ]; then
    cargo build --release --locked
    program=$PWD/target/release/misfit
fi
version=$("$program" --version | cut -d ' ' -f 2)
arch=$(dpkg --print-architecture)
out=target/package
root=$out/misfit_${version}_$arch
rm -rf "$root" && mkdir -p "$root/DEBIAN"
put() { install -D -m "$1" "$2" "$root/usr/$3"; }
put 755 "$program" bin/misfit
put 644 assets/desktop/misfit.desktop share/applications/misfit.desktop
put 644 assets/desktop/misfit.metainfo.xml share/metainfo/io.github.misfit.metainfo.xml
put 644 assets/desktop/misfit.svg share/icons/hicolor/scalable/apps/misfit.svg
for size in 32 64 128 256; do
    put 644 assets/desktop/misfit-$size.png share/icons/hicolor/${size}x$size/apps/misfit.png
done
put 644 LICENSE share/doc/misfit/copyright
"$program" desktop man | gzip -9n > "$out/misfit.1.gz"
put 644 "$out/misfit.1.gz" share/man/man1/misfit.1.gz
"$program" desktop bash > "$out/misfit" && put 644 "$out/misfit" share/bash-completion/completions/misfit
"$program" desktop zsh > "$out/_misfit" && put 644 "$out/_misfit" share/zsh/vendor-completions/_misfit
"$program" desktop fish > "$out/misfit.fish" && put 644 "$out/misfit.fish" share/fish/vendor_completions.d/misfit.fish
cat > "$root/DEBIAN/control" <<END
Package: misfit
Version: $version
Architecture: $arch
Maintainer: The Misfit authors <misfit@localhost>
Section: science
Priority: optional
Depends: libc6, libgcc-s1, libx11-6, libx11-xcb1, libxcursor1, libxi6, libxrandr2, libxkbcommon-x11-0, libgl1, libegl1
Description: Watch a mismatched analog spiking network learn to fit
END
dpkg-deb -Zgzip --root-owner-group --build "$root" "$root.deb"
tar -C "$root" --owner 0 --group 0 -czf "$root.tar.gz" usr
ls -l "$root.deb" "$root.tar.gz"
