import { defineConfig } from "vite";

// Relative addresses, so that the page works under any prefix; nothing is inlined, since the page's
// Content-Security-Policy allows only files of its own.
export default defineConfig({
  base: "./",
  build: {
    outDir: process.env["PAGE_OUT"] ?? "../ashad/web/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
  },
});
