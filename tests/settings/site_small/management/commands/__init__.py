"""Commands of the tests (测试命令)."""
