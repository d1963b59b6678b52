import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

// What clients name and write is shown as text: nothing here turns text into HTML.
const html = ["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc", "document.write"];

export default defineConfig(
  globalIgnores(["build", "src/gen"]),
  tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { project: ["tsconfig.json"] } } },
  {
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: "text stays text",
        },
        {
          selector: `MemberExpression[property.name=/^(${html.join("|")})$/]`,
          message: "text stays text",
        },
        {
          selector: "CallExpression[callee.property.name='insertAdjacentHTML']",
          message: "text stays text",
        },
        { selector: "JSXAttribute[name.name='style'] > Literal", message: "use a class" },
      ],
      // Enum values of the contract are numbers, and newer daemons have more of them.
      "@typescript-eslint/no-unsafe-enum-assignment": "off",
      "no-eval": "error",
    },
  },
  { files: ["*.js", "**/*.mjs", "*.config.ts"], extends: [tseslint.configs.disableTypeChecked] },
);
