# Makes one program of the C++ in a README: the block with main as it is, every other one in a function.
BEGIN { print "#include \"readme.hpp\"" }
/^```cpp$/ { inside = 1; text = ""; whole = 0; next }
/^```$/ && inside {
  inside = 0
  ++count
  if (whole) {
    print text
  } else {
    print "void block_" count "(ashad::Client& client, ashad::Trial& trial,"
    print "    ashad::v1::StudySpec given, Model model, std::int64_t epoch, int rank, double error) {"
    if (text !~ /StudySpec spec;/) print "  auto& spec = given;"
    print text "}"
  }
}
inside && /^#include/ { next }
inside { if (/int main/) whole = 1; text = text $0 "\n" }
