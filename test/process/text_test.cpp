// Numbers and words that come from another process have one form, and no other is taken.
#include <cstdint>
#include <limits>
#include <process/text.hpp>
#include <string>
#include <vector>

#include "support/catch2.hpp"

namespace process_text_test {

using dgram::detail::join_words;
using dgram::detail::number_in;
using dgram::detail::split;
using dgram::detail::to_number;
using dgram::detail::Words;

TEST_CASE("a number has the form that std::to_string gives it", "[process][text]") {
  for (const int number : {0, 1, 9, 10, 65535, std::numeric_limits<int>::max()})
    CHECK(number_in(std::to_string(number)) == number);
  for (const char* text : {"",
                           "00",
                           "01",
                           "007",
                           "+1",
                           "-1",
                           "-0",
                           " 1",
                           "1 ",
                           "1.0",
                           "0x1",
                           "1e3",
                           "one",
                           "2147483648",
                           "99999999999999999999"})
    CHECK(number_in(text) == -1);
  CHECK(to_number<std::uint64_t>("18446744073709551615") ==
        std::numeric_limits<std::uint64_t>::max());
  CHECK(!to_number<std::uint64_t>("18446744073709551616"));
}

TEST_CASE("the words of a message are parted by one space each", "[process][text]") {
  Words words("one 2 yes 1");
  CHECK(words.word() == "one");
  CHECK(words.number(1, 3) == 2);
  CHECK(words.either("no", "yes"));
  CHECK(!words.is_at_end());
  CHECK(words.flag());
  CHECK(words.is_at_end());
  CHECK(words.is_good());
}

TEST_CASE("a message that is written in another way is not good", "[process][text]") {
  const auto is_good = [](const char* message) {
    Words words(message);
    words.expect("go");
    words.number(1, 3);
    return words.is_good() && words.is_at_end();
  };
  CHECK(is_good("go 1"));
  for (const char* message : {"",
                              "go",
                              "go ",
                              "go  1",
                              " go 1",
                              "go 1 ",
                              "go 1 1",
                              "go 01",
                              "go 0",
                              "go 4",
                              "GO 1",
                              "go\t1"})
    CHECK(!is_good(message));
  Words empty("a  b");
  empty.word();
  empty.word();
  CHECK(!empty.is_good());
  Words behind_the_end("a");
  behind_the_end.word();
  CHECK(behind_the_end.is_good());
  behind_the_end.word();
  CHECK(!behind_the_end.is_good());
}

TEST_CASE("what is joined is read as it was", "[process][text]") {
  const std::string message = join_words("say", std::string("word"), 7, "end");
  Words words(message);
  words.expect("say");
  CHECK(words.word() == "word");
  CHECK(words.number(0, 10) == 7);
  words.expect("end");
  CHECK(words.is_good());
  CHECK(words.is_at_end());
}

TEST_CASE("a text has one part more than separators", "[process][text]") {
  CHECK(split("", ':') == std::vector<std::string>{""});
  CHECK(split("a", ':') == std::vector<std::string>{"a"});
  CHECK(split(":a::", ':') == std::vector<std::string>{"", "a", "", ""});
}

}  // namespace process_text_test
