// What is wrong with a request, as RFC 9457 has it.
#pragma once

#include "http/message.hpp"
#include "scenario/mistake.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace tempfail::http {

/// Ends a request with an error.
class Problem : public std::runtime_error {
 public:
  Problem(int status, const std::string& detail, std::string allowed = {})
      : std::runtime_error(detail), status_(status), allowed_(std::move(allowed)) {}

  /// With a header that belongs to the status: Allow, WWW-Authenticate.
  Problem& with(std::string name, std::string value);
  /// With what is wrong in a scenario's file, each in its place.
  Problem& with(std::vector<scenario::Mistake> mistakes);

  int status() const { return status_; }
  /// application/problem+json: title, status, detail; `allowed` and `mistakes` where there are any.
  Response response() const;

 private:
  int status_;
  std::string allowed_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::vector<scenario::Mistake> mistakes_;
};

} // namespace tempfail::http
