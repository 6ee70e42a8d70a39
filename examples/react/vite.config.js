import react from "@vitejs/plugin-react";

export default {
  plugins: [react()],
  // The package is a link to its folder, which has a React of its own for its tests.
  resolve: { dedupe: ["react", "react-dom"] },
};
